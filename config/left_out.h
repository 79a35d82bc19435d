// Blocks whose first line a condition (`@id`) left out, while their other lines are not
// conditional.
//
// keepalived goes on with those lines one by one. Outside of blocks none of them belongs there: it
// complains of each and leaves it out, as its author meant. Inside of a block the `}` ends that
// one.
#pragma once

#include <string>
#include <vector>

#include "config/diagnostics.h"
#include "config/lexer.h"

namespace holdfast::config {

class LeftOutBlocks {
 public:
  // Must outlive it.
  explicit LeftOutBlocks(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  // A line that its condition `id` left out. `said`: it has been complained of already.
  void leave_out(const std::string& id, const std::vector<Piece>& line, bool said);
  // A line that goes to the keywords: takes away what belongs to a block whose first line is not
  // there. `by_condition`: `@id` kept it. `inside`: of a block.
  void take_from(std::vector<Piece>& line, bool by_condition, bool inside);
  // At the end of all lines.
  void finish();

 private:
  void report(bool inside);

  Diagnostics& diagnostics_;
  std::string id_;    // of the first line that was left out last
  std::string name_;  // of the block
  Place place_;
  bool said_ = false;
  int open_ = 0;       // blocks whose first line was left out, and whose `}` has not come
  int kept_open_ = 0;  // those that conditions have kept, directly above
  bool taking_ = false;
};

}  // namespace holdfast::config
