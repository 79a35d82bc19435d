#include "config/lexer.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "config/catalogue.h"

namespace holdfast::config {
namespace {

constexpr std::string_view kNoBreakSpace = "\xc2\xa0";
constexpr uint32_t kTabCells = 8;

}  // namespace

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\v' || c == '\f' || c == '\r';
}

namespace {

uint32_t indent_of(std::string_view line) {
  uint32_t cells = 0;
  for (const char c : line) {
    if (c == '\t') {
      cells += kTabCells - cells % kTabCells;
    } else if (is_space(c)) {
      ++cells;
    } else {
      break;
    }
  }
  return cells;
}

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

}  // namespace

Place place_of(const std::vector<Glyph>& glyphs, size_t first, size_t last) {
  const Glyph& start = glyphs[first];
  const Glyph& end = glyphs[last];
  const bool one_line = end.file == start.file && end.line == start.line;
  Place place{.file = start.file,
              .line = start.line,
              .column = start.column,
              .width = start.width,
              .expansion = start.expansion};
  if (one_line && end.column >= start.column) {
    place.width = uint32_t{end.column} + end.width - start.column;
  }
  // The innermost is the latest.
  for (size_t i = first; i <= last; ++i) {
    place.expansion = std::max(place.expansion, glyphs[i].expansion);
  }
  return place;
}

std::optional<DefinitionHead> definition_head(const std::vector<Glyph>& glyphs, size_t at) {
  while (at < glyphs.size() && is_space(glyphs[at].byte)) ++at;
  if (at == glyphs.size() || glyphs[at].byte != '$') return std::nullopt;
  DefinitionHead head;
  head.start = at++;
  for (; at < glyphs.size() && is_name_character(glyphs[at].byte); ++at) {
    head.name += glyphs[at].byte;
  }
  if (head.name.empty() || (head.name[0] >= '0' && head.name[0] <= '9')) return std::nullopt;
  if (at == glyphs.size() || glyphs[at].byte != '=') return std::nullopt;
  head.value = at + 1;
  return head;
}

void find_quotes(Line& line) {
  line.in_quote = false;
  for (size_t i = 0; i < line.glyphs.size(); ++i) {
    if (line.glyphs[i].byte != '"' || line.glyphs[i].escaped) continue;
    line.in_quote = !line.in_quote;
    line.last_quote = i;
  }
}

struct Lexer::Joined {
  Line line;
  bool is_definition = false;
  uint32_t first = 0;  // line of the source
  uint32_t foreign_space_line = 0;
};

// True: the next line continues this one.
bool Lexer::append(std::string_view text, Joined& joined) {
  Line& line = joined.line;
  uint32_t column = 1;
  const auto push = [&](char byte, uint32_t at_column, bool escaped) {
    line.glyphs.push_back({.byte = byte,
                           .escaped = escaped,
                           .file = file_,
                           .column = static_cast<uint16_t>(at_column),
                           .line = line_});
  };
  const auto push_character = [&](size_t at, bool after_backslash) {
    const size_t size = character_bytes(text, at);
    const std::string_view character = text.substr(at, size);
    if (character == kNoBreakSpace && !line.in_quote) {
      if (std::exchange(joined.foreign_space_line, line_) != line_) {
        diagnostics_.report<kForeignSpace>({.file = file_, .line = line_, .column = column})
            .note("it is read as a space here; keepalived takes it for a letter (U+00A0)");
      }
      push(' ', column, false);
    } else {
      for (const char c : character) push(c, column, after_backslash);
    }
    ++column;
    return size;
  };
  for (size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '\\') {
      if (at + 1 == text.size()) return true;
      const char next = text[at + 1];
      // Quoted text keeps its backslashes: tokenizer B wants them.
      if ((next == '#' || next == '!') && !line.in_quote) {
        ++column;
      } else {
        push(c, column++, false);
      }
      at += 1 + push_character(at + 1, true);
      continue;
    }
    if ((c == '#' || c == '!') && !line.in_quote) {
      line.cut_by_comment = at > 0 && !is_space(text[at - 1]);
      return false;
    }
    if (c == '"') {
      line.in_quote = !line.in_quote;
      line.last_quote = line.glyphs.size();
    }
    at += push_character(at, false);
  }
  return false;
}

// Each line of a definition stands for itself, so a quote ends with it. A backslash at the end of a
// comment continues a definition too (observed on 2.2.7).
bool Lexer::continue_definition(std::string_view text, bool joins, Joined& joined) const {
  Line& line = joined.line;
  if (!joined.is_definition && joins && line_ - joined.first < kHeadLinesMax) {
    size_t at = 0;
    while (at < line.glyphs.size() && is_space(line.glyphs[at].byte)) ++at;
    if (at < line.glyphs.size() && line.glyphs[at].byte == '@') {
      while (at < line.glyphs.size() && !is_space(line.glyphs[at].byte)) ++at;
    }
    joined.is_definition = definition_head(line.glyphs, at).has_value();
  }
  if (!joined.is_definition || !text.ends_with('\\')) return joins;
  line.glyphs.push_back({.byte = '\n', .file = file_, .line = line_});
  line.in_quote = false;
  return true;
}

std::optional<Line> Lexer::next_line() {
  if (line_ > source_.line_count()) return std::nullopt;
  Joined joined;
  joined.first = line_;
  joined.line.indent = indent_of(source_.line(line_));
  size_t bytes = 0;
  bool dropped = false;
  for (bool more = true; more && line_ <= source_.line_count(); ++line_) {
    const std::string_view text = source_.line(line_);
    const Place place{.file = file_, .line = line_, .column = 1};
    bytes += text.size();
    if (bytes > kLineBytesMax) {
      if (!dropped) diagnostics_.report<kLineTooLong>(place, kLineBytesMax);
      dropped = true;
      joined.line.glyphs.clear();
    } else if (const size_t nul = text.find('\0'); nul != std::string_view::npos) {
      Place there = place;
      there.column += character_count(text.substr(0, nul));
      diagnostics_.report<kNulByte>(there).help("remove it, or convert the file to UTF-8");
      more = false;
      continue;
    }
    more = dropped ? text.ends_with('\\') : continue_definition(text, append(text, joined), joined);
  }
  return dropped ? Line{} : std::move(joined.line);
}

std::vector<Piece> split_braces(Line line) {
  std::vector<Piece> pieces;
  const auto& glyphs = line.glyphs;
  // With an odd quote the braces behind it are meant as braces; the quote itself is reported by
  // whoever makes words of the piece.
  const size_t lost_quote = line.in_quote ? line.last_quote : glyphs.size();
  bool in_quote = false;
  bool leads = true;
  Piece text;
  text.glyphs.reserve(glyphs.size());
  const auto flush = [&] {
    const auto blank = [](const Glyph& glyph) { return is_space(glyph.byte); };
    while (!text.glyphs.empty() && blank(text.glyphs.back())) text.glyphs.pop_back();
    const auto first = std::ranges::find_if_not(text.glyphs, blank);
    text.glyphs.erase(text.glyphs.begin(), first);
    if (text.glyphs.empty()) return;
    text.place = place_of(text.glyphs, 0, text.glyphs.size() - 1);
    text.place.expansion = text.glyphs.front().expansion;
    text.leads_line = std::exchange(leads, false);
    text.indent = line.indent;
    pieces.push_back(std::exchange(text, Piece{}));
  };
  for (size_t i = 0; i < glyphs.size(); ++i) {
    const char c = glyphs[i].byte;
    if (c == '"' && !glyphs[i].escaped && i != lost_quote) in_quote = !in_quote;
    if ((c != '{' && c != '}') || in_quote) {
      text.glyphs.push_back(glyphs[i]);
      continue;
    }
    flush();
    pieces.push_back({.kind = c == '{' ? Piece::Kind::kOpen : Piece::Kind::kClose,
                      .glyphs = {},
                      .place = place_of(glyphs, i, i),
                      .indent = line.indent,
                      .leads_line = std::exchange(leads, false)});
    text.glyphs.clear();
  }
  const bool text_last = !text.glyphs.empty();
  flush();
  if (!pieces.empty()) {
    pieces.back().ends_line = true;
    pieces.back().cut_by_comment = text_last && line.cut_by_comment;
  }
  return pieces;
}

namespace {

// Reports what no message of ours may carry.
void check_word(Word& word, Diagnostics& diagnostics) {
  if (word.text.find('\0') != std::string::npos) {
    diagnostics.report<kEscapedNul>(word.place);
    word.broken = true;
  }
  if (!is_utf8(word.text)) {
    diagnostics.report<kNotUtf8>(word.place).help("convert the file to UTF-8 with iconv(1)");
    word.broken = true;
  }
}

struct Escape {
  char value;
  size_t size;  // glyphs after the backslash
};

int digit_of(char c, int base) {
  int value = 99;
  if (c >= '0' && c <= '9') value = c - '0';
  if (c >= 'a' && c <= 'f') value = c - 'a' + 10;
  if (c >= 'A' && c <= 'F') value = c - 'A' + 10;
  return value < base ? value : -1;
}

// Up to `most` digits from `at`; nothing if there is none.
std::optional<Escape> number_at(const std::vector<Glyph>& glyphs, size_t at, size_t most,
                                int base) {
  unsigned value = 0;
  size_t size = 0;
  while (size < most && at + size < glyphs.size()) {
    const int digit = digit_of(glyphs[at + size].byte, base);
    if (digit < 0) break;
    value = value * static_cast<unsigned>(base) + static_cast<unsigned>(digit);
    ++size;
  }
  if (size == 0) return std::nullopt;
  return Escape{static_cast<char>(value & 0xffU), size};
}

// `at` is the glyph after the backslash.
Escape escape_at(const std::vector<Glyph>& glyphs, size_t at) {
  const char c = glyphs[at].byte;
  constexpr std::string_view kNames = "abEfnrtv";
  constexpr std::string_view kValues = "\a\b\x1b\f\n\r\t\v";
  if (const size_t index = kNames.find(c); index != std::string_view::npos) {
    return {kValues[index], 1};
  }
  if (const auto octal = number_at(glyphs, at, 3, 8)) return *octal;
  if (c == 'x') {
    if (const auto hex = number_at(glyphs, at + 1, 2, 16)) return {hex->value, hex->size + 1};
  }
  if (c == 'c' && at + 1 < glyphs.size()) {
    return {static_cast<char>(glyphs[at + 1].byte & 0x1f), 2};
  }
  return {c, 1};
}

struct ScriptSplit {
  std::vector<Word> words;
  std::optional<size_t> unmatched;  // the glyph of the quote
};

ScriptSplit split_script_glyphs(const std::vector<Glyph>& glyphs) {
  ScriptSplit result;
  for (size_t i = 0; i < glyphs.size();) {
    if (is_space(glyphs[i].byte) || glyphs[i].byte == '\n') {
      ++i;
      continue;
    }
    const size_t start = i;
    Word word;
    char quote = 0;
    size_t quote_at = i;
    for (; i < glyphs.size(); ++i) {
      const char c = glyphs[i].byte;
      if (c == '\\' && i + 1 < glyphs.size()) {
        const Escape escape = escape_at(glyphs, i + 1);
        word.text += escape.value;
        i += escape.size;
      } else if (quote == 0 && (c == '"' || c == '\'')) {
        quote = c;
        quote_at = i;
        word.bare = false;
      } else if (quote != 0 && c == quote) {
        quote = 0;
      } else if (quote == 0 && (is_space(c) || c == '\n')) {
        break;
      } else {
        word.broken = word.broken || glyphs[i].broken;
        word.text += c;
      }
    }
    if (quote != 0) result.unmatched = quote_at;
    word.place = place_of(glyphs, start, std::min(i, glyphs.size()) - 1);
    result.words.push_back(std::move(word));
  }
  return result;
}

void report_quote(Place place, Diagnostics& diagnostics) {
  diagnostics.report<kUnmatchedQuote>(place).help("close it before the end of the line");
}

}  // namespace

std::vector<Word> split_plain(const std::vector<Glyph>& glyphs, Diagnostics& diagnostics) {
  std::vector<Word> words;
  for (size_t i = 0; i < glyphs.size();) {
    if (is_space(glyphs[i].byte)) {
      ++i;
      continue;
    }
    const size_t start = i;
    const bool quoted_word = glyphs[i].byte == '"';
    if (quoted_word) ++i;
    Word word;
    word.bare = !quoted_word;
    while (i < glyphs.size() && glyphs[i].byte != '"' &&
           (quoted_word || !is_space(glyphs[i].byte))) {
      word.broken = word.broken || glyphs[i].broken;
      word.text += glyphs[i++].byte;
    }
    const bool unmatched = quoted_word && i == glyphs.size();
    word.broken = word.broken || unmatched;
    if (unmatched) report_quote(place_of(glyphs, start, start), diagnostics);
    if (quoted_word && i < glyphs.size()) ++i;
    word.place = place_of(glyphs, start, i - 1);
    check_word(word, diagnostics);
    words.push_back(std::move(word));
  }
  return words;
}

std::vector<Word> split_script(const std::vector<Glyph>& glyphs, Diagnostics& diagnostics) {
  ScriptSplit split = split_script_glyphs(glyphs);
  if (split.unmatched) {
    report_quote(place_of(glyphs, *split.unmatched, *split.unmatched), diagnostics);
    split.words.back().broken = true;
  }
  for (Word& word : split.words) check_word(word, diagnostics);
  return std::move(split.words);
}

ScriptWords split_script(std::string_view text) {
  std::vector<Glyph> glyphs;
  glyphs.reserve(text.size());
  for (const char c : text) glyphs.push_back({.byte = c, .column = 1, .line = 1});
  ScriptSplit split = split_script_glyphs(glyphs);
  return {.words = std::move(split.words), .ok = !split.unmatched.has_value()};
}

}  // namespace holdfast::config
