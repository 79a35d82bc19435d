// The words of a text that no tokenizer of keepalived reads: a comment, or a command line.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace holdfast::config {

// Between words; the end of a line is none.
constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

// What stands between the bytes that the function says true for.
template <class Separates>
std::vector<std::string_view> words_of(std::string_view text, const Separates& separates) {
  std::vector<std::string_view> words;
  for (size_t at = 0; at < text.size();) {
    if (separates(text[at])) {
      ++at;
      continue;
    }
    const size_t start = at;
    while (at < text.size() && !separates(text[at])) ++at;
    words.push_back(text.substr(start, at - start));
  }
  return words;
}

}  // namespace holdfast::config
