// The keyword table for people: what `holdfast explain` prints, and the manual page.
#pragma once

#include <string>
#include <string_view>

#include "config/keyword.h"

namespace holdfast::config {

// Every row of that name; empty: there is none.
std::string explain_keyword(const Grammar& grammar, std::string_view name);
// The most similar keyword of any block; empty: none is similar.
std::string_view similar_keyword(const Grammar& grammar, std::string_view name);

// holdfast.conf(5) in roff, of rows in the order in which they are written.
std::string manual_page(std::span<const Keyword> rows);

// "supported", "not yet: ...", "never: ...".
std::string support_text(const Keyword& keyword);

}  // namespace holdfast::config
