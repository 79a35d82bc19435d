// Passes a child's log lines on to our own standard error: the reader may be a terminal, and the
// child may have been taken over.
#pragma once

#include <string>

#include "common/event_loop.h"
#include "common/unique_fd.h"

namespace holdfast::cli {

class LogRelay {
 public:
  LogRelay(EventLoop& loop, UniqueFd fd);
  // What is still in the pipe, at the end of the child.
  void drain();

 private:
  bool relay_once();

  UniqueFd fd_;
  char last_ = 0;
  Source source_;
};

}  // namespace holdfast::cli
