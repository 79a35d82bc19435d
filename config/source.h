// The text of a configuration by lines, and places in it.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::config {

// A stretch of one line. Lines and columns count from 1, columns and width in characters.
// Line 0 is no place: something that the text does not say.
struct Place {
  uint32_t line = 0;
  uint32_t column = 0;
  uint32_t width = 1;

  auto operator<=>(const Place&) const = default;
  explicit operator bool() const { return line != 0; }
};

// The text must outlive the Source. A byte order mark at its start is left out.
class Source {
 public:
  Source(std::string name, std::string_view text);

  const std::string& name() const { return name_; }
  uint32_t line_count() const { return static_cast<uint32_t>(lines_.size()); }
  // Without its line end (LF or CR LF); empty for a line that is not there.
  std::string_view line(uint32_t number) const;

 private:
  std::string name_;
  std::vector<std::string_view> lines_;
};

// Bytes of the character that starts at `at`: 1..4; 1 for a byte that is not UTF-8.
size_t character_bytes(std::string_view text, size_t at);
bool is_utf8(std::string_view text);

}  // namespace holdfast::config
