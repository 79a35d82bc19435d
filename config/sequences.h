// `~SEQ(var[,start[,step]],end)`, `~SEQx`, `~LST(var,v1,...)` and `~LST({a,b},{1,2},...)`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.h"
#include "config/lexer.h"

namespace holdfast::config {

// Where one stands at the start of a line.
struct SequenceText {
  std::string_view kind;  // "~SEQ", "~SEQx" or "~LST"
  size_t start = 0;       // of its glyphs
  size_t open = 0;        // `(`
  size_t close = 0;       // `)`; glyphs.size() if there is none
};
std::optional<SequenceText> sequence_at(const std::vector<Glyph>& glyphs);

class Sequence {
 public:
  // What stands between `(` and `)`. The error says what is wrong with it.
  static Result<Sequence> read(std::string_view kind, std::string_view arguments);

  const std::vector<std::string>& names() const { return names_; }
  uint64_t count() const { return count_; }
  // index < count(); name counts names().
  std::string value(uint64_t index, size_t name) const;

 private:
  Result<void> read_numbers(const std::vector<std::string_view>& parts, bool hexadecimal);
  Result<void> read_list(const std::vector<std::string_view>& parts);

  std::vector<std::string> names_;
  uint64_t count_ = 0;
  int64_t start_ = 0;
  int64_t step_ = 1;
  bool hexadecimal_ = false;
  bool is_list_ = false;
  std::vector<std::vector<std::string>> values_;
};

// How often the line behind a sequence is repeated: so many times by that one, and by those that
// the line begins with, as far as no name must be replaced to know it. At most UINT64_MAX.
uint64_t repetitions(uint64_t count, std::vector<Glyph> line);

}  // namespace holdfast::config
