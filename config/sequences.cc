#include "config/sequences.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

namespace holdfast::config {
namespace {

// Far from where adding a step could overflow.
constexpr int64_t kNumberMax = int64_t{1} << 60U;
constexpr const char* kUnmatched = "its braces do not match";

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

bool is_name(std::string_view text) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  const auto good = [&](char c) { return letter(c) || (c >= '0' && c <= '9'); };
  return !text.empty() && letter(text[0]) && std::ranges::all_of(text, good);
}

// At the commas outside braces. None: a brace is not closed.
std::optional<std::vector<std::string_view>> split(std::string_view text) {
  std::vector<std::string_view> parts;
  size_t start = 0;
  bool in_braces = false;
  for (size_t at = 0; at <= text.size(); ++at) {
    if (at == text.size() || (text[at] == ',' && !in_braces)) {
      parts.push_back(trimmed(text.substr(start, at - start)));
      start = at + 1;
    } else if (text[at] == '{' || text[at] == '}') {
      if (in_braces == (text[at] == '{')) return std::nullopt;
      in_braces = !in_braces;
    }
  }
  if (in_braces) return std::nullopt;
  return parts;
}

// As strtol(3) with base 0: decimal, 0x hexadecimal, 0 octal.
std::optional<int64_t> read_number(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    base = 16;
    text.remove_prefix(2);
  } else if (text.size() > 1 && text[0] == '0') {
    base = 8;
  }
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  const bool all = error == std::errc{} && end == text.data() + text.size();
  if (text.empty() || text[0] == '-' || !all || value > kNumberMax) return std::nullopt;
  return negative ? -value : value;
}

bool in_braces(std::string_view text) {
  return text.size() >= 2 && text.front() == '{' && text.back() == '}';
}

// Of one part of a list: several in a tuple. None: `{a}b{c}` is in braces, and its inside is not.
std::optional<std::vector<std::string_view>> words_of(std::string_view part, bool tuple) {
  if (!tuple) return std::vector{part};
  return split(part.substr(1, part.size() - 2));
}

}  // namespace

std::optional<SequenceText> sequence_at(const std::vector<Glyph>& glyphs) {
  size_t at = 0;
  while (at < glyphs.size() && is_space(glyphs[at].byte)) ++at;
  // The longer first.
  constexpr std::array<std::string_view, 3> kKinds = {"~SEQx", "~SEQ", "~LST"};
  for (const std::string_view kind : kKinds) {
    if (glyphs.size() - at < kind.size()) continue;
    const auto same = [](char c, const Glyph& glyph) { return glyph.byte == c; };
    if (!std::equal(kind.begin(), kind.end(), glyphs.begin() + static_cast<ptrdiff_t>(at), same)) {
      continue;
    }
    SequenceText found{.kind = kind, .start = at, .open = at + kind.size()};
    while (found.open < glyphs.size() && is_space(glyphs[found.open].byte)) ++found.open;
    if (found.open == glyphs.size() || glyphs[found.open].byte != '(') return std::nullopt;
    found.close = found.open;
    while (found.close < glyphs.size() && glyphs[found.close].byte != ')') ++found.close;
    return found;
  }
  return std::nullopt;
}

Result<Sequence> Sequence::read(std::string_view kind, std::string_view arguments) {
  const auto parts = split(arguments);
  if (!parts) return failure(kUnmatched);
  Sequence sequence;
  sequence.is_list_ = kind == "~LST";
  const auto done = sequence.is_list_ ? sequence.read_list(*parts)
                                      : sequence.read_numbers(*parts, kind == "~SEQx");
  if (!done) return std::unexpected(done.error());
  return sequence;
}

Result<void> Sequence::read_numbers(const std::vector<std::string_view>& parts, bool hexadecimal) {
  if (parts.size() < 2 || parts.size() > 4) {
    return failure("it takes a name, then END, or START, END, or START, STEP, END");
  }
  if (!is_name(parts[0])) return failure("its first word must be a name");
  std::vector<int64_t> numbers;
  for (const std::string_view part : std::span(parts).subspan(1)) {
    const auto number = read_number(part);
    if (!number) return failure("what follows the name must be whole numbers");
    numbers.push_back(*number);
  }
  const int64_t end = numbers.back();
  start_ = numbers.size() > 1 ? numbers[0] : end > 0 ? 1 : -1;
  // The manual's default; 0 alone counts down from 1 (observed on 2.2.7).
  if (numbers.size() == 1 && end == 0) start_ = 1;
  step_ = numbers.size() > 2 ? numbers[1] : end >= start_ ? 1 : -1;
  if (step_ == 0 || (end != start_ && (end > start_) != (step_ > 0))) {
    return failure("its step never leads from the start to the end");
  }
  hexadecimal_ = hexadecimal;
  if (hexadecimal && (start_ < 0 || end < 0)) {
    return failure("hexadecimal numbers cannot be negative");
  }
  names_.emplace_back(parts[0]);
  count_ = static_cast<uint64_t>((end - start_) / step_) + 1;
  return {};
}

Result<void> Sequence::read_list(const std::vector<std::string_view>& parts) {
  const bool tuples = in_braces(parts[0]);
  const auto names = words_of(parts[0], tuples);
  if (!names) return failure(kUnmatched);
  for (const std::string_view name : *names) {
    if (!is_name(name)) return failure("it must begin with a name, or with names in braces");
    names_.emplace_back(name);
  }
  if (parts.size() < 2) return failure("it has no values");
  for (const std::string_view part : std::span(parts).subspan(1)) {
    const auto values = words_of(part, tuples && in_braces(part));
    if (!values) return failure(kUnmatched);
    if (values->size() > names_.size()) return failure("it has more values than names");
    auto& row = values_.emplace_back();
    for (const std::string_view value : *values) {
      const bool odd = std::ranges::any_of(
          value, [](char c) { return is_space(c) || c == '"' || c == '{' || c == '}'; });
      if (odd) return failure("a value cannot have blanks, quotes or braces");
      row.emplace_back(value);
    }
  }
  count_ = values_.size();
  return {};
}

uint64_t repetitions(uint64_t count, std::vector<Glyph> line) {
  while (const auto text = sequence_at(line)) {
    if (text->close == line.size()) break;
    std::string arguments;
    for (size_t i = text->open + 1; i < text->close; ++i) arguments += line[i].byte;
    const auto inner = Sequence::read(text->kind, arguments);
    if (!inner) break;
    if (count > UINT64_MAX / inner->count()) return UINT64_MAX;
    count *= inner->count();
    line.erase(line.begin(), line.begin() + static_cast<ptrdiff_t>(text->close) + 1);
  }
  return count;
}

std::string Sequence::value(uint64_t index, size_t name) const {
  if (is_list_) {
    const auto& row = values_[index];
    return name < row.size() ? row[name] : "";
  }
  const int64_t number = start_ + static_cast<int64_t>(index) * step_;
  return hexadecimal_ ? fmt::format("{:x}", number) : std::to_string(number);
}

}  // namespace holdfast::config
