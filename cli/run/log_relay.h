// Passes a child's log lines on to our own standard error.
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
  Source source_;
};

}  // namespace holdfast::cli
