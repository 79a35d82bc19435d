// What the parser knows of a block while it is open. For the parser's own files.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/keyword.h"
#include "config/source.h"

namespace holdfast::config {

struct Opener {
  std::string name;  // "`vrrp_instance myr`"
  Place place;
};

// A block that has ended inside of another one.
struct ClosedBlock {
  Opener opener;
  Block block = Block::kUnknown;
  uint32_t indent = 0;
  bool silent = false;
  bool kept = false;  // it is the last child of the block around it
  Place brace;
  bool deeper_brace = false;  // its `}` is indented deeper than the line that opened it
};

struct Frame {
  Statement statement;  // without a keyword: the contents are thrown away
  Block block = Block::kUnknown;
  Opener opener;
  uint32_t indent = 0;
  bool transparent = false;  // a brace of its own: the contents belong to the block around it
  bool excused = false;      // its braces have been reported already
  bool leads_line = false;
  bool silent = false;  // what it is, or stands in, is not supported
  bool has_bare_member = false;
  std::set<std::string_view> told_topics;
  // A block inside was closed by a brace that is indented as if it closed this one.
  std::optional<Opener> suspect;
  std::optional<ClosedBlock> last_closed;  // in it
  std::optional<ClosedBlock> early;        // the first one in it with a deeper brace
  // Lines without a block that are followed by deeper ones: perhaps one has lost its `{`.
  std::vector<std::pair<Opener, uint32_t>> lost_braces;
};

}  // namespace holdfast::config
