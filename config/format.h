// `holdfast fmt`: the same configuration in one layout.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace holdfast::config {

struct FormatResult {
  std::optional<std::string> text;  // none: it was refused
  std::string report;               // why, as text for a person
};

// Four spaces a level, a statement a line, ` {` behind what it opens, `}` alone, one blank line
// between blocks at the top and never two in a row, one space between words. Comments stay, and
// so does every byte inside quotes. A line that is taken whole before its braces are looked at
// (`@id`, `~SEQ`, `include`, a definition) stays whole. Keywords need not be known.
//
// Compiles to the same messages as before, and formatted again gives the same text. Refuses what
// has no layout: braces or quotes without their other half, blocks nested too deep.
FormatResult format(std::string_view text, const std::string& name);

}  // namespace holdfast::config
