// How lines look that are no statements: placeholders of a template that nobody has filled in,
// marks of a merge that nobody has finished, comments and brackets as other languages have them,
// and a text with too many braces.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/lexer.h"

namespace holdfast::config {

// Where `{{ NAME }}`, `{% if %}` or `<% if %>` begins in these pieces of one line; its size:
// nowhere.
size_t find_blank(const std::vector<Piece>& line);

// Without the placeholders, and without the statements that have lost a value by it. In the name of
// what opens a block a broken `_` stands for the blank to fill in.
std::vector<Piece> without_blanks(std::vector<Piece> line);

// '<', '|', '=' or '>' of a line that is a mark of a merge, 0 of every other.
char merge_mark(std::string_view first_word);

// Where ` // ...` begins in a line: not in quotes, and not where a path may stand, behind the
// keyword.
std::optional<size_t> find_slashes(const std::vector<Glyph>& glyphs);

// The bracket at the end of a word that was probably meant for a `{`; empty: there is none.
std::string_view other_brace(std::string_view word);

// How many `}` more than `{` a file has, outside of comments and quotes.
int64_t surplus_of_closed(const Source& source);

// Of a line, at most so many.
std::vector<std::string> first_words(const Piece& piece, size_t most);

}  // namespace holdfast::config
