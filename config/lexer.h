// The first two steps of reading keepalived.conf: comments, continuations and braces; then words.
//
// keepalived has two tokenizers. Most lines are split at white space, with "..." around words that
// contain some. Script lines know both quotes and escapes, and adjoining parts make one word.
// Which one a line wants depends on its keyword, so words are made after the braces are found.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostics.h"
#include "config/source.h"

namespace holdfast::config {

// Bytes of a line with its continuations. keepalived's bound is 1024.
constexpr size_t kLineBytesMax = 64UL * 1024;

struct Glyph {
  char byte;
  uint32_t line;
  uint32_t column;
};

// What stands between two braces or line ends, or one brace.
struct Piece {
  enum class Kind : uint8_t { kText, kOpen, kClose };
  Kind kind = Kind::kText;
  std::vector<Glyph> glyphs;
  Place place;              // its first character
  uint32_t indent = 0;      // cells before the first character of its line
  bool leads_line = false;  // nothing stands before it in its line
  bool ends_line = false;
  bool cut_by_comment = false;  // `#` or `!` directly behind its last character
};

struct Word {
  std::string text;
  Place place;
  bool bare = true;     // no quote around any part of it
  bool broken = false;  // reported: not what the author meant
};

class Lexer {
 public:
  // Both must outlive the lexer.
  Lexer(const Source& source, Diagnostics& diagnostics)
      : source_(source), diagnostics_(diagnostics) {}

  // The pieces of the next line that has any (with the lines that continue it); empty at the end.
  std::vector<Piece> next_line();

 private:
  struct Joined;
  bool join(Joined& joined);
  bool append(std::string_view line, Joined& joined);
  std::vector<Piece> split(Joined& joined);

  const Source& source_;
  Diagnostics& diagnostics_;
  uint32_t line_ = 1;
};

// Tokenizer A: white space separates; "..." groups, without escapes; a quote inside a word ends
// that word. Reports an unmatched quote.
std::vector<Word> split_plain(const std::vector<Glyph>& glyphs, Diagnostics& diagnostics);

// Tokenizer B: '...' and "...", escapes \a \b \E \f \n \r \t \v \nnn \xHH \cC, any other character
// after a backslash stands for itself; parts without white space between them make one word.
std::vector<Word> split_script(const std::vector<Glyph>& glyphs, Diagnostics& diagnostics);

// The words of tokenizer B in a string that is no line of the text. `ok` is false after an
// unmatched quote.
struct ScriptWords {
  std::vector<Word> words;
  bool ok = true;
};
ScriptWords split_script(std::string_view text);

}  // namespace holdfast::config
