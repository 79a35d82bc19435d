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
  ~LogRelay();
  LogRelay(const LogRelay&) = delete;
  LogRelay& operator=(const LogRelay&) = delete;
  // What is still in the pipe, at the end of the child.
  void drain();

 private:
  bool relay_once();
  void pass_on(size_t size);  // of what was read

  UniqueFd fd_;
  char last_ = 0;
  std::string begun_;  // a line without its end yet
  Source source_;
};

}  // namespace holdfast::cli
