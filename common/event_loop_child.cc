// The part of the event loop that only processes with children link.
#include <systemd/sd-event.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "common/event_loop.h"

namespace holdfast {

Source EventLoop::add_child(pid_t pid, std::function<void(const siginfo_t&)> callback) {
  // Of a source whose callback wants to know what the kernel says.
  struct ChildState : Source::State {
    std::function<void(const siginfo_t&)> on_end;
  };
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  auto made = std::make_unique<ChildState>();
  made->on_end = std::move(callback);
  ChildState* const child = made.get();
  Source source;
  source.state_ = std::move(made);
  // Both are copied onto the stack for the call, because it may destroy what holds them.
  const auto ended = [](sd_event_source*, const siginfo_t* info, void* state) {
    const auto called = static_cast<ChildState*>(state)->on_end;
    called(siginfo_t(*info));
    return 0;
  };
  const int result = sd_event_add_child(event_, &child->source, pid, WEXITED, ended, child);
  if (result >= 0) return source;
  // As elsewhere in the loop: there is nothing to go on with.
  std::fprintf(stderr, "event loop: add_child failed with error %d\n", -result);
  std::abort();
}

}  // namespace holdfast
