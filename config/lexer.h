// The first two steps of reading keepalived.conf: comments, continuations and braces; then words.
//
// keepalived has two tokenizers. Most lines are split at white space, with "..." around words that
// contain some. Script lines know both quotes and escapes, and adjoining parts make one word.
// Which one a line wants depends on its keyword, so words are made after the braces are found.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostics.h"
#include "config/source.h"

namespace holdfast::config {

// Bytes of a line with its continuations. keepalived's bound is 1024.
constexpr size_t kLineBytesMax = 64UL * 1024 - 1;
// Over how many lines `$NAME=`, with what stands before it, may be broken. Nobody breaks it over
// more, and looking again at each costs the square of them.
constexpr uint32_t kHeadLinesMax = 100;

// One byte and where it stands. Of what the preprocessor put in, every glyph stands where the thing
// does that it replaces; the lines of a definition of several stand where they were written.
struct Glyph {
  char byte = 0;
  bool escaped : 1 = false;  // a quote behind a backslash opens and closes nothing
  bool broken : 1 = false;   // reported: not what the author meant
  uint16_t file = 0;
  uint16_t column = 0;
  uint16_t width = 1;
  uint32_t line = 0;
  uint32_t expansion = 0;
};

// A line with the lines that continue it, comments gone. A definition that is continued keeps its
// lines: '\n' stands between them.
struct Line {
  std::vector<Glyph> glyphs;
  uint32_t indent = 0;    // cells before its first character
  bool in_quote = false;  // the quote at last_quote is never closed
  size_t last_quote = 0;
  bool cut_by_comment = false;
};

// `$NAME=` at the start of a line.
struct DefinitionHead {
  std::string name;
  size_t start = 0;  // of its glyphs
  size_t value = 0;  // where the value starts
};
// From this glyph on.
std::optional<DefinitionHead> definition_head(const std::vector<Glyph>& glyphs, size_t at);

// The place of these glyphs, both included.
Place place_of(const std::vector<Glyph>& glyphs, size_t first, size_t last);
bool is_space(char c);
// Sets what a line knows about its quotes.
void find_quotes(Line& line);

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

// The lines of one file.
class Lexer {
 public:
  // Both must outlive the lexer.
  Lexer(const Sources& sources, uint32_t file, Diagnostics& diagnostics)
      : source_(sources.file(file)),
        file_(static_cast<uint16_t>(file)),
        diagnostics_(diagnostics) {}

  // Empty lines too; nothing at the end.
  std::optional<Line> next_line();

 private:
  struct Joined;
  bool append(std::string_view text, Joined& joined);
  bool continue_definition(std::string_view text, bool joins, Joined& joined) const;

  const Source& source_;
  uint16_t file_;
  Diagnostics& diagnostics_;
  uint32_t line_ = 1;
};

// At its braces; none of a blank line.
std::vector<Piece> split_braces(Line line);

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
