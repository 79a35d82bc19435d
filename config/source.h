// The files of a configuration by lines, and places in them.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdfast::config {

// A stretch of one line. Lines and columns count from 1, columns and width in characters.
// Line 0 is no place: something that the text does not say.
struct Place {
  uint32_t file = 0;  // its number in Sources
  uint32_t line = 0;
  uint32_t column = 0;
  uint32_t width = 1;
  // What made the words that stand here, by its number in Sources; 0: a person wrote them here.
  uint32_t expansion = 0;

  auto operator<=>(const Place&) const = default;
  explicit operator bool() const { return line != 0; }
};

// One file. A byte order mark at its start is left out.
class Source {
 public:
  // `included_at` is the place of the `include`; none for the file that was named.
  Source(std::string name, std::string text, Place included_at = {});
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  const std::string& name() const { return name_; }
  const std::string& text() const { return text_; }
  Place included_at() const { return included_at_; }
  uint32_t line_count() const { return static_cast<uint32_t>(lines_.size()); }
  // Lines that end with CR LF.
  uint32_t foreign_line_ends() const { return foreign_line_ends_; }
  uint32_t first_foreign_line_end() const { return first_foreign_line_end_; }
  // Without its line end (LF or CR LF); empty for a line that is not there.
  std::string_view line(uint32_t number) const;

 private:
  std::string name_;
  std::string text_;
  Place included_at_;
  std::vector<uint32_t> lines_;  // where each begins in text_
  uint32_t foreign_line_ends_ = 0;
  uint32_t first_foreign_line_end_ = 0;
};

// What the preprocessor put in the place of something else.
struct Expansion {
  std::string what;  // as a message calls it: "`$VIP`", "`~SEQ(i, 1, 3)` with i = 2"
  Place use;         // where it stands; may lie in an expansion itself
  // Where its value was written. None if the places in the expansion are those of the value itself.
  Place origin;
};

// Beyond that, what is expanded counts as part of what it stands in.
constexpr uint32_t kExpansionsMax = 1U << 18U;

// All that a compilation has read, so that a place can be shown.
class Sources {
 public:
  Sources() = default;
  // Of one file.
  Sources(std::string name, std::string text) { add(std::move(name), std::move(text)); }

  // The number of the file, for Place::file. The first is the one that was named.
  uint32_t add(std::string name, std::string text, Place included_at = {});
  // The number of the expansion, for Place::expansion, higher than all before; beyond
  // kExpansionsMax that of the use.
  uint32_t add(const Expansion& expansion);
  // Those from `first` to before `end` count as part of the last one before them.
  void forget(uint32_t first, uint32_t end);

  // Adds all that another compilation has read: its file and expansion numbers, and how its places
  // are to be read here.
  struct Shift {
    uint32_t files = 0;
    uint32_t expansions = 0;
  };
  Shift append(const Sources& other);
  static Place shifted(Place place, Shift by);

  uint32_t file_count() const { return static_cast<uint32_t>(files_.size()); }
  const Source& file(uint32_t number) const { return files_[number]; }
  Expansion expansion(uint32_t number) const;

 private:
  using Cause = std::pair<std::string, Place>;  // what and origin: shared by many expansions
  struct Use {
    uint32_t number;
    const Cause* cause;
    Place place;
  };

  std::deque<Source> files_;
  std::map<Cause, std::nullptr_t> causes_;
  std::deque<Use> uses_;  // by number
  uint32_t last_number_ = 0;
};

// Bytes of the character that starts at `at`: 1..4; 1 for a byte that is not UTF-8.
size_t character_bytes(std::string_view text, size_t at);
uint32_t character_count(std::string_view text);
bool is_utf8(std::string_view text);

}  // namespace holdfast::config
