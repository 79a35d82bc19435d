#include "config/include.h"

#include <algorithm>
#include <array>

namespace holdfast::config {
namespace {

constexpr std::string_view kKeyword = "include";
constexpr std::string_view kWildcards = "*?[";
constexpr size_t kBracesMax = 32;

// Of the first `{` that has its `}`: both, and the commas between that are its own.
struct Group {
  size_t open = 0;
  size_t close = 0;
  std::vector<size_t> commas;
};

std::optional<Group> group_at(std::string_view text, size_t open) {
  Group group{.open = open, .close = 0, .commas = {}};
  size_t depth = 0;
  for (size_t at = open; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\\') {
      ++at;
    } else if (c == '{') {
      ++depth;
    } else if (c == ',' && depth == 1) {
      group.commas.push_back(at);
    } else if (c == '}' && --depth == 0) {
      group.close = at;
      return group;
    }
  }
  return std::nullopt;
}

std::optional<Group> first_group(std::string_view text) {
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '{' && !text.substr(at).starts_with("{}")) {
      if (auto group = group_at(text, at)) return group;
    }
  }
  return std::nullopt;
}

bool expand(const std::string& text, std::vector<std::string>& out) {
  const auto group = first_group(text);
  if (!group) {
    out.push_back(text);
    return out.size() <= kAlternativesMax;
  }
  size_t start = group->open + 1;
  for (size_t i = 0; i <= group->commas.size(); ++i) {
    const size_t end = i < group->commas.size() ? group->commas[i] : group->close;
    const std::string one = text.substr(0, group->open) + text.substr(start, end - start) +
                            text.substr(group->close + 1);
    if (!expand(one, out)) return false;
    start = end + 1;
  }
  return true;
}

}  // namespace

void IncludeChecks::set(const std::vector<std::string>& words) {
  const IncludeChecks all{true, true, true, true, true};
  chosen = true;
  if (words.empty()) *this = all;
  bool first = true;
  for (std::string_view word : words) {
    const bool signed_word = word.starts_with('+') || word.starts_with('-');
    const bool on = !word.starts_with('-');
    if (signed_word) word.remove_prefix(1);
    // Without a sign the checks that are named are all of them.
    if (first && !signed_word) *this = {.chosen = true};
    first = false;
    if (word == "readable") readable = on;
    if (word == "match") match = on;
    if (word == "wildcard_match") wildcard_match = on;
    if (word == "brace_match") brace_match = on;
  }
}

bool is_include(std::string_view word) {
  return word.starts_with(kKeyword) && word.size() <= kKeyword.size() + 1 &&
         word.find_first_not_of("rmwba", kKeyword.size()) == std::string_view::npos;
}

std::optional<IncludeLine> include_line(const std::vector<Glyph>& glyphs) {
  size_t at = 0;
  while (at < glyphs.size() && is_space(glyphs[at].byte)) ++at;
  const size_t start = at;
  IncludeLine line;
  for (; at < glyphs.size() && !is_space(glyphs[at].byte); ++at) {
    if (line.keyword.size() > kKeyword.size()) return std::nullopt;
    line.keyword += glyphs[at].byte;
  }
  if (!is_include(line.keyword)) return std::nullopt;
  line.place = place_of(glyphs, start, at - 1);
  const std::string_view variant = std::string_view(line.keyword).substr(kKeyword.size());
  const bool all = variant == "a";
  line.adds.readable = !variant.empty();
  line.adds.match = all || variant == "m" || variant == "w";
  line.adds.wildcard_match = all || variant == "w";
  line.adds.brace_match = all || variant == "b";
  size_t end = glyphs.size();
  while (end > at && is_space(glyphs[end - 1].byte)) --end;
  while (at < end && is_space(glyphs[at].byte)) ++at;
  if (at == end) return line;
  line.place = place_of(glyphs, at, end - 1);
  for (; at < end; ++at) line.pattern += glyphs[at].byte;
  return line;
}

std::optional<std::vector<std::string>> brace_alternatives(std::string_view pattern) {
  const auto braces = static_cast<size_t>(std::ranges::count(pattern, '{'));
  if (pattern.size() > kPatternBytesMax || braces > kBracesMax) return std::nullopt;
  std::vector<std::string> all;
  if (!expand(std::string(pattern), all)) return std::nullopt;
  return all;
}

bool has_wildcard(std::string_view pattern) {
  for (size_t at = 0; at < pattern.size(); ++at) {
    if (pattern[at] == '\\') {
      ++at;
    } else if (kWildcards.find(pattern[at]) != std::string_view::npos) {
      return true;
    }
  }
  return false;
}

std::string directory_of(std::string_view path) {
  const size_t slash = path.rfind('/');
  return std::string(path.substr(0, slash == std::string_view::npos ? 0 : slash + 1));
}

std::string pattern_in(std::string_view directory, std::string_view pattern) {
  if (pattern.starts_with('/')) return std::string(pattern);
  std::string result;
  for (const char c : directory) {
    if (c == '\\' || kWildcards.find(c) != std::string_view::npos) result += '\\';
    result += c;
  }
  return result.append(pattern);
}

}  // namespace holdfast::config
