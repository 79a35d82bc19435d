// What the findings of the catalogue mean, at length: the pages of config/explanations.
#pragma once

#include <span>
#include <string_view>

namespace holdfast::config {

struct Explanation {
  std::string_view id;    // "HF0203"
  std::string_view page;  // what it means, why it matters, how to mend it, a wrong and a right text
};

// In the order of their ids.
std::span<const Explanation> explanations();

// The page of an id, in capital letters or small ones; empty: there is no such id.
std::string_view explain_finding(std::string_view id);

}  // namespace holdfast::config
