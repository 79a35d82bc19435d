// The lines of a configuration as they are written, nothing lost: what `holdfast fmt` works on.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "config/diagnostics.h"
#include "config/source.h"

namespace holdfast::config {

// One byte as the tokenizers see it, and what stands for it in the file.
struct Atom {
  enum class Kind : uint8_t {
    kByte,
    kBreak,  // a backslash at the end of a line that goes on in the next
    kOpen,   // a brace that opens or closes a block
    kClose,
  };
  Kind kind = Kind::kByte;
  char byte = 0;
  bool quoted = false;   // inside double quotes
  bool escaped = false;  // behind a backslash
  bool opaque = false;   // in `${...}` or `~SEQ(...)`
  std::string_view raw;  // `\#` for `#`, a space for a no-break space, else the byte itself
  Place place;
};

// A line with those that continue it.
struct RawLine {
  // What a preprocessor would do with it decides how much of it may be laid out anew.
  enum class Kind : uint8_t {
    kWords,       // nothing
    kUses,        // `$NAME` stands in it: what it becomes is not known here
    kCondition,   // `@id`: the line goes or stays as a whole
    kRepeat,      // `~SEQ`, `~LST`: likewise
    kInclude,     // braces are part of a file's name
    kDefinition,  // `$NAME=`, also behind `@id`: everything behind it belongs to the value
  };
  Kind kind = Kind::kWords;
  std::vector<Atom> atoms;   // without the comment
  std::string_view comment;  // with its sign; empty: none; of a definition the last one
  bool glued = false;        // the comment stands directly behind a word
  uint32_t first = 0;        // lines of the source
  uint32_t last = 0;
};

// Reports what no line may have: a quote that is not closed, a NUL byte, too many bytes.
class RawLines {
 public:
  // Both must outlive it.
  RawLines(const Source& source, Diagnostics& diagnostics)
      : source_(source), diagnostics_(diagnostics) {}

  std::optional<RawLine> next();

 private:
  bool append(std::string_view text, RawLine& line);

  const Source& source_;
  Diagnostics& diagnostics_;
  uint32_t line_ = 1;
  bool in_quote_ = false;
  Place quote_;
};

// White space or a break that only separates.
bool is_blank(const Atom& atom);
// The same, and what a backslash keeps within a word: at the end of a statement it goes as well.
bool is_blank_at_end(const Atom& atom);
// What a preprocessor takes these words for if they begin a line.
RawLine::Kind leading_kind(const std::vector<Atom>& atoms, size_t first);

}  // namespace holdfast::config
