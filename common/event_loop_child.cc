// The part of the event loop that only processes with children link.
#include <systemd/sd-event.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "common/event_loop.h"

namespace holdfast {

Source EventLoop::add_child(pid_t pid, std::function<void(const siginfo_t&)> callback) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  Source source;
  source.state_ = std::make_unique<Source::State>();
  source.state_->on_child = std::move(callback);
  // Both are copied onto the stack for the call, because it may destroy what holds them.
  const auto ended = [](sd_event_source*, const siginfo_t* info, void* state) {
    const auto called = static_cast<Source::State*>(state)->on_child;
    called(siginfo_t(*info));
    return 0;
  };
  const int result =
      sd_event_add_child(event_, &source.state_->source, pid, WEXITED, ended, source.state_.get());
  if (result >= 0) return source;
  // As elsewhere in the loop: there is nothing to go on with.
  std::fprintf(stderr, "event loop: add_child failed with error %d\n", -result);
  std::abort();
}

}  // namespace holdfast
