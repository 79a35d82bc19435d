#include "config/leftovers.h"

#include <algorithm>
#include <array>

namespace holdfast::config {
namespace {

bool touches(const Place& left, const Place& right) {
  return left.line == right.line && left.column + 1 == right.column && left.expansion == 0 &&
         right.expansion == 0;
}

bool is_pair(const std::vector<Piece>& line, size_t at, Piece::Kind kind) {
  return at + 1 < line.size() && line[at].kind == kind && line[at + 1].kind == kind &&
         touches(line[at].place, line[at + 1].place);
}

bool is_percent(const std::vector<Piece>& line, size_t at) {
  return at + 1 < line.size() && line[at].kind == Piece::Kind::kOpen &&
         line[at + 1].kind == Piece::Kind::kText && line[at + 1].glyphs.front().byte == '%' &&
         touches(line[at].place, line[at + 1].place);
}

// Where these two signs stand, outside of quotes; the size: nowhere.
size_t find_signs(const std::vector<Glyph>& glyphs, std::string_view signs, size_t from = 0) {
  bool in_quote = false;
  for (size_t at = from; at + 1 < glyphs.size(); ++at) {
    if (glyphs[at].byte == '"') in_quote = !in_quote;
    if (!in_quote && glyphs[at].byte == signs[0] && glyphs[at + 1].byte == signs[1]) return at;
  }
  return glyphs.size();
}

bool has_signs(const Piece& piece, std::string_view signs) {
  return find_signs(piece.glyphs, signs) < piece.glyphs.size();
}

// The last pieces of a line that can end a blank. Looked for once: a line may have many braces.
struct Ends {
  explicit Ends(const std::vector<Piece>& line) {
    for (size_t at = 0; at < line.size(); ++at) {
      if (line[at].kind == Piece::Kind::kClose) brace = at;
      if (has_signs(line[at], "%>")) angle = at;
    }
  }
  size_t brace = 0;
  size_t angle = 0;
};

// `<%= NAME %>`; a password may hold one of the signs.
bool begins_angled(const std::vector<Piece>& line, size_t at, const Ends& ends) {
  return at <= ends.angle && has_signs(line[at], "<%") && has_signs(line[ends.angle], "%>");
}

// `{% if a != b %}` ends at the `!`, which starts a comment.
bool begins_blank(const std::vector<Piece>& line, size_t at, const Ends& ends) {
  return begins_angled(line, at, ends) || is_percent(line, at) ||
         (at < ends.brace && is_pair(line, at, Piece::Kind::kOpen));
}

// Braces of the template's language may stand in it.
size_t end_of_angled(const std::vector<Piece>& line, size_t at) {
  bool inside = false;
  for (; at < line.size(); ++at) {
    const auto& glyphs = line[at].glyphs;
    size_t from = find_signs(glyphs, inside ? "%>" : "<%");
    for (; from < glyphs.size(); from = find_signs(glyphs, inside ? "%>" : "<%", from + 2)) {
      inside = !inside;
    }
    if (!inside) return at + 1;
  }
  return line.size();
}

// Behind the blank that begins here.
size_t end_of(const std::vector<Piece>& line, size_t at, const Ends& ends) {
  if (begins_angled(line, at, ends)) return end_of_angled(line, at);
  if (is_percent(line, at)) {
    while (at < line.size() && line[at].kind != Piece::Kind::kClose) ++at;
    return std::min(at + 1, line.size());
  }
  while (at < line.size() && !is_pair(line, at, Piece::Kind::kClose)) ++at;
  return std::min(at + 2, line.size());
}

void trim_end(Piece& piece) {
  while (!piece.glyphs.empty() && is_space(piece.glyphs.back().byte)) piece.glyphs.pop_back();
}

void leave_blank(Piece& piece, const Piece& blank) {
  trim_end(piece);
  Glyph glyph = piece.glyphs.back();
  glyph.broken = true;
  const bool glued = glyph.column + glyph.width == blank.place.column;
  if (!glued) {
    glyph.byte = ' ';
    piece.glyphs.push_back(glyph);
  }
  glyph.byte = '_';
  piece.glyphs.push_back(glyph);
}

bool is_blank(const Glyph& glyph) {
  return is_space(glyph.byte);
}

}  // namespace

size_t find_blank(const std::vector<Piece>& line) {
  const Ends ends(line);
  size_t at = 0;
  while (at < line.size() && !begins_blank(line, at, ends)) ++at;
  return at;
}

std::vector<Piece> without_blanks(std::vector<Piece> line) {
  const Ends ends(line);
  std::vector<Piece> rest;
  bool blank = false;  // a blank to fill in stands before
  std::optional<Piece> statement;
  for (size_t at = 0; at < line.size();) {
    if (begins_blank(line, at, ends)) {
      if (begins_angled(line, at, ends) && !blank) {
        Piece& piece = line[at];
        Piece rest_of_it{.kind = piece.kind, .glyphs = {}, .place = piece.place};
        const size_t from = find_signs(piece.glyphs, "<%");
        rest_of_it.place = place_of(piece.glyphs, from, from + 1);
        if (from > 0) {
          statement = piece;
          statement->glyphs.resize(from);
          leave_blank(*statement, rest_of_it);
        }
        at = end_of(line, at, ends);
        blank = true;
        continue;
      }
      if (statement && !blank) leave_blank(*statement, line[at]);
      blank = true;
      at = end_of(line, at, ends);
      continue;
    }
    Piece& piece = line[at++];
    if (piece.kind == Piece::Kind::kText) {
      // What follows such a blank belongs to the same statement.
      if (!blank) statement = std::move(piece);
      continue;
    }
    // Only what opens a block is worth to be kept with a blank in it.
    if (statement && (!blank || piece.kind == Piece::Kind::kOpen)) {
      rest.push_back(std::move(*statement));
    }
    statement.reset();
    blank = false;
    rest.push_back(std::move(piece));
  }
  if (statement && !blank) rest.push_back(std::move(*statement));
  return rest;
}

char merge_mark(std::string_view first_word) {
  constexpr size_t kLength = 7;
  const bool alike = first_word.size() == kLength &&
                     first_word.find_first_not_of(first_word[0]) == first_word.npos;
  const bool is_mark = alike && std::string_view("<|=>").contains(first_word[0]);
  return is_mark ? first_word[0] : '\0';
}

std::optional<size_t> find_slashes(const std::vector<Glyph>& glyphs) {
  // An address.
  const bool is_item = !glyphs.empty() && glyphs[0].byte >= '0' && glyphs[0].byte <= '9';
  size_t words = 0;
  bool in_quote = false;
  for (size_t at = 0; at < glyphs.size(); ++at) {
    if (glyphs[at].byte == '"') in_quote = !in_quote;
    if (is_blank(glyphs[at]) || in_quote) continue;
    if (at > 0 && !is_blank(glyphs[at - 1])) continue;
    ++words;
    const bool here = at + 1 < glyphs.size() && glyphs[at].byte == '/' &&
                      glyphs[at + 1].byte == '/' && glyphs[at].expansion == 0;
    const bool alone = at + 2 >= glyphs.size() || is_blank(glyphs[at + 2]);
    if (here && (words != 2 || alone || is_item)) return at;
  }
  return std::nullopt;
}

std::string_view other_brace(std::string_view word) {
  constexpr auto kOthers =
      std::to_array<std::string_view>({"(", "[", "<", "\xEF\xBD\x9B", "\xEF\xBC\x88"});
  const auto* const found = std::ranges::find_if(
      kOthers, [&](std::string_view bracket) { return word.ends_with(bracket); });
  return found == kOthers.end() ? std::string_view{} : *found;
}

int64_t surplus_of_closed(const Source& source) {
  int64_t open = 0;
  for (uint32_t number = 1; number <= source.line_count(); ++number) {
    const std::string_view line = source.line(number);
    bool in_quote = false;
    for (size_t at = 0; at < line.size(); ++at) {
      const char c = line[at];
      if (c == '\\') ++at;
      if (c == '"') in_quote = !in_quote;
      if (in_quote) continue;
      if (c == '#' || c == '!') break;
      if (c == '{') ++open;
      if (c == '}') --open;
    }
  }
  return -open;
}

std::vector<std::string> first_words(const Piece& piece, size_t most) {
  std::vector<std::string> words;
  bool in_word = false;
  for (const Glyph& glyph : piece.glyphs) {
    const bool blank = is_space(glyph.byte);
    if (!blank && !in_word) {
      if (words.size() == most) break;
      words.emplace_back();
    }
    if (!blank) words.back() += glyph.byte;
    in_word = !blank;
  }
  return words;
}

}  // namespace holdfast::config
