// `include` and its variants: what a line asks for, and which names its pattern stands for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/lexer.h"

namespace holdfast::config {

constexpr size_t kPatternBytesMax = 4096;
constexpr size_t kAlternativesMax = 256;
// Of all includes of a configuration, alternatives counted.
constexpr size_t kPatternsMax = 4096;
constexpr size_t kIncludeDepthMax = 32;
constexpr size_t kIncludedFilesMax = 4096;

// What is an error; `include_check` of global_defs sets them for the rest of the file and for the
// files it includes from there on.
struct IncludeChecks {
  bool readable = false;        // what matches, but is no file to read
  bool match = false;           // nothing matches a pattern without wildcards
  bool wildcard_match = false;  // nothing matches
  bool brace_match = false;     // nothing matches one of the alternatives
  bool chosen = false;          // by an include_check: keepalived's default is none of them

  // The words behind `include_check`.
  void set(const std::vector<std::string>& words);
};

struct IncludeLine {
  IncludeChecks adds;  // by the last letter of the keyword
  std::string keyword;
  std::string pattern;  // all that follows; empty: nothing
  Place place;          // of the pattern; of the keyword if there is none
};
// A line that begins with this word and a blank includes files.
bool is_include(std::string_view word);
std::optional<IncludeLine> include_line(const std::vector<Glyph>& glyphs);

// `a{b,c{d,e}}` as csh understands it: ab, acd, ace. Unmatched braces stand for themselves. None:
// there are more than kAlternativesMax, or it is too long.
std::optional<std::vector<std::string>> brace_alternatives(std::string_view pattern);

bool has_wildcard(std::string_view pattern);

// "" or the path up to and with the last slash.
std::string directory_of(std::string_view path);
// A relative pattern as seen from a directory, whose own characters mean themselves.
std::string pattern_in(std::string_view directory, std::string_view pattern);

}  // namespace holdfast::config
