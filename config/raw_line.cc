#include "config/raw_line.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

#include "config/catalogue.h"
#include "config/lexer.h"

namespace holdfast::config {
namespace {

constexpr std::string_view kNoBreakSpace = "\xc2\xa0";
constexpr std::string_view kSpace = " ";
constexpr std::string_view kContinued = "\\\n";
// So that a line full of unclosed ones costs little.
constexpr size_t kRepeatBytesMax = 2000;

bool starts_name(char c) {
  return c == '_' || std::isalpha(static_cast<unsigned char>(c)) != 0;
}

bool is_name(char c) {
  return c == '_' || std::isalnum(static_cast<unsigned char>(c)) != 0;
}

char byte_at(const std::vector<Atom>& atoms, size_t at) {
  return at < atoms.size() ? atoms[at].byte : '\0';
}

bool stands_at(const std::vector<Atom>& atoms, size_t at, std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (byte_at(atoms, at + i) != text[i]) return false;
  }
  return true;
}

// Behind `${NAME}` or `${NAME arguments}`; `at` itself if none stands there.
size_t behind_use(const std::vector<Atom>& atoms, size_t at) {
  if (!stands_at(atoms, at, "${") || !starts_name(byte_at(atoms, at + 2))) return at;
  size_t end = at + 2;
  while (is_name(byte_at(atoms, end))) ++end;
  if (byte_at(atoms, end) == ' ') {
    constexpr std::string_view kEnds = "{}\"";
    while (end < atoms.size() && !kEnds.contains(atoms[end].byte)) ++end;
  }
  return byte_at(atoms, end) == '}' ? end + 1 : at;
}

// Behind `~SEQ(...)` and its likes.
size_t behind_repeat(const std::vector<Atom>& atoms, size_t at) {
  constexpr std::array<std::string_view, 3> kNames = {"~SEQ(", "~SEQx(", "~LST("};
  for (const std::string_view name : kNames) {
    if (!stands_at(atoms, at, name)) continue;
    size_t depth = 1;
    size_t end = at + name.size();
    const size_t most = std::min(atoms.size(), end + kRepeatBytesMax);
    for (; end < most && depth > 0; ++end) {
      if (atoms[end].byte == '(') ++depth;
      if (atoms[end].byte == ')') --depth;
    }
    return depth == 0 ? end : at + name.size();
  }
  return at;
}

// Of the line, or behind its condition.
RawLine::Kind kind_behind_condition(const std::vector<Atom>& atoms, size_t first) {
  const RawLine::Kind kind = leading_kind(atoms, first);
  if (kind != RawLine::Kind::kCondition) return kind;
  while (first < atoms.size() && !is_blank_at_end(atoms[first])) ++first;
  while (first < atoms.size() && is_blank_at_end(atoms[first])) ++first;
  return leading_kind(atoms, first);
}

size_t first_of(const std::vector<Atom>& atoms) {
  return static_cast<size_t>(std::ranges::find_if_not(atoms, is_blank_at_end) - atoms.begin());
}

// Finds what is expanded before braces are looked at, and the braces that remain.
void mark(RawLine& line) {
  auto& atoms = line.atoms;
  const size_t first = first_of(atoms);
  const RawLine::Kind behind = kind_behind_condition(atoms, first);
  const bool defines = behind == RawLine::Kind::kDefinition;
  line.kind = defines ? behind : leading_kind(atoms, first);
  const bool has_blocks = !defines && behind != RawLine::Kind::kInclude;
  for (size_t at = 0; at < atoms.size();) {
    const size_t use = behind_use(atoms, at);
    const size_t repeat = behind_repeat(atoms, at);
    const size_t end = std::max(use, repeat);
    if (repeat != at) line.kind = std::max(line.kind, RawLine::Kind::kRepeat);
    if (use != at || (atoms[at].byte == '$' && starts_name(byte_at(atoms, at + 1)))) {
      line.kind = std::max(line.kind, RawLine::Kind::kUses);
    }
    if (end != at) {
      for (; at < end; ++at) atoms[at].opaque = true;
      continue;
    }
    Atom& atom = atoms[at++];
    if (atom.kind != Atom::Kind::kByte || atom.quoted || !has_blocks) continue;
    if (atom.byte == '{') atom.kind = Atom::Kind::kOpen;
    if (atom.byte == '}') atom.kind = Atom::Kind::kClose;
  }
}

}  // namespace

bool is_blank(const Atom& atom) {
  return !atom.escaped && is_blank_at_end(atom);
}

bool is_blank_at_end(const Atom& atom) {
  if (atom.quoted || atom.opaque) return false;
  return atom.kind == Atom::Kind::kBreak || (atom.kind == Atom::Kind::kByte && is_space(atom.byte));
}

RawLine::Kind leading_kind(const std::vector<Atom>& atoms, size_t first) {
  constexpr std::array<std::string_view, 6> kIncludes = {"include",  "includer", "includem",
                                                         "includew", "includeb", "includea"};
  if (byte_at(atoms, first) == '@') return RawLine::Kind::kCondition;
  if (byte_at(atoms, first) == '$' && starts_name(byte_at(atoms, first + 1))) {
    size_t end = first + 1;
    while (is_name(byte_at(atoms, end))) ++end;
    return byte_at(atoms, end) == '=' ? RawLine::Kind::kDefinition : RawLine::Kind::kUses;
  }
  std::string word;
  for (size_t at = first; std::islower(static_cast<unsigned char>(byte_at(atoms, at))) != 0; ++at) {
    word += atoms[at].byte;
  }
  const char next = byte_at(atoms, first + word.size());
  const bool ends = next == '\0' || next == '"' || is_space(next);
  return ends && std::ranges::find(kIncludes, word) != kIncludes.end() ? RawLine::Kind::kInclude
                                                                       : RawLine::Kind::kWords;
}

// The states and their order are the lexer's. True: the next line continues this one.
bool RawLines::append(std::string_view text, RawLine& line) {
  uint32_t column = 1;
  const auto push = [&](size_t at, size_t skip, bool escaped) {
    const size_t size = character_bytes(text, at);
    const bool foreign = text.substr(at, size) == kNoBreakSpace && !in_quote_;
    for (size_t i = 0; i < (foreign ? 1 : size); ++i) {
      line.atoms.push_back({.kind = Atom::Kind::kByte,
                            .byte = foreign ? ' ' : text[at + i],
                            .quoted = in_quote_,
                            .escaped = escaped,
                            .raw = foreign ? kSpace : text.substr(at + i - skip, 1 + skip),
                            .place = {.line = line_, .column = column}});
    }
    ++column;
    return size;
  };
  for (size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '\\') {
      if (at + 1 == text.size()) {
        line.atoms.push_back({.kind = Atom::Kind::kBreak,
                              .quoted = in_quote_,
                              .raw = kContinued,
                              .place = {.line = line_, .column = column}});
        return true;
      }
      const char next = text[at + 1];
      const bool sign = (next == '#' || next == '!') && !in_quote_;
      if (sign) {
        ++column;
      } else {
        push(at, 0, false);
      }
      at += 1 + push(at + 1, sign ? 1 : 0, true);
      continue;
    }
    if ((c == '#' || c == '!') && !in_quote_) {
      line.comment = text.substr(at);
      line.glued = !line.atoms.empty() && !is_blank_at_end(line.atoms.back());
      return false;
    }
    if (c == '"') {
      in_quote_ = !in_quote_;
      quote_ = {.line = line_, .column = column};
    }
    at += push(at, 0, false);
  }
  return false;
}

std::optional<RawLine> RawLines::next() {
  if (line_ > source_.line_count()) return std::nullopt;
  RawLine line;
  line.first = line_;
  in_quote_ = false;
  size_t bytes = 0;
  bool defines = false;
  for (bool more = true; more && line_ <= source_.line_count(); ++line_) {
    const std::string_view text = source_.line(line_);
    const Place place{.line = line_, .column = 1};
    bytes += text.size();
    if (bytes > kLineBytesMax) {
      diagnostics_.report<kLineTooLong>(place, kLineBytesMax);
      return std::nullopt;
    }
    if (text.find('\0') != std::string_view::npos) {
      diagnostics_.report<kNulByte>(place).help("remove it, or convert the file to UTF-8");
      return std::nullopt;
    }
    more = append(text, line);
    defines = defines || (more && line_ - line.first < kHeadLinesMax &&
                          kind_behind_condition(line.atoms, first_of(line.atoms)) ==
                              RawLine::Kind::kDefinition);
    // Each line of a definition stands for itself; a comment does not end it.
    if (defines && text.ends_with('\\')) {
      in_quote_ = false;
      more = true;
    }
  }
  line.last = line_ - 1;
  if (in_quote_) {
    diagnostics_.report<kUnmatchedQuote>(quote_).help("close it before the end of the line");
  }
  mark(line);
  return line;
}

}  // namespace holdfast::config
