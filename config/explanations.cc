#include "config/explanations.h"

#include <algorithm>
#include <cctype>
#include <string>

namespace holdfast::config {

std::string_view explain_finding(std::string_view id) {
  std::string wanted(id);
  for (char& c : wanted) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  const auto found = std::ranges::find(explanations(), wanted, &Explanation::id);
  return found == explanations().end() ? std::string_view{} : found->page;
}

}  // namespace holdfast::config
