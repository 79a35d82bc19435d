// The output of what notify scripts leave behind.
#pragma once

#include <list>

#include "common/event_loop.h"
#include "common/unique_fd.h"

namespace holdfast {

// A notify script may leave a daemon behind that has its standard output: with the read end gone
// its next line would kill it with SIGPIPE. So it is read on and thrown away until nobody holds
// the write end; of too many the one held longest is let go.
class LeftoverOutput {
 public:
  explicit LeftoverOutput(EventLoop& loop) : loop_(loop) {}

  // `output` is the non-blocking read end; an empty one is nothing to keep.
  void keep(UniqueFd output);
  bool empty() const { return all_.empty(); }

 private:
  struct One {
    UniqueFd output;
    Source source;
  };

  EventLoop& loop_;
  std::list<One> all_;
};

}  // namespace holdfast
