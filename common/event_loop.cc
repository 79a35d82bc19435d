#include "common/event_loop.h"

#include <systemd/sd-event.h>

#include <algorithm>
#include <cassert>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace holdfast {
namespace {

// Running out of memory or descriptors while building a loop leaves nothing to go on with: the
// service manager restarts the process, and leases guard what it held.
void require(int result, const char* what) {
  if (result >= 0) return;
  std::fprintf(stderr, "event loop: %s failed with error %d\n", what, -result);
  std::abort();
}

}  // namespace

Source::State::~State() {
  sd_event_source_disable_unref(source);
}

void Source::set_io_events(uint32_t events) {
  assert(state_);
  require(sd_event_source_set_io_events(state_->source, events), "set_io_events");
}

void Timer::arm(TimePoint when) {
  assert(state_);
  const auto rounded = std::chrono::ceil<std::chrono::microseconds>(when.time_since_epoch());
  const auto microseconds = static_cast<uint64_t>(std::max<int64_t>(rounded.count(), 0));
  require(sd_event_source_set_time(state_->source, microseconds), "set_time");
  require(sd_event_source_set_enabled(state_->source, SD_EVENT_ONESHOT), "enable timer");
}

void Timer::disarm() {
  if (state_) require(sd_event_source_set_enabled(state_->source, SD_EVENT_OFF), "disable timer");
}

EventLoop::EventLoop() {
  require(sd_event_new(&event_), "sd_event_new");
}
EventLoop::~EventLoop() {
  sd_event_unref(event_);
}

Source::Source(std::function<void()> callback) : state_(std::make_unique<State>()) {
  state_->callback = std::move(callback);
}

// sd-event tells its handlers different things about what happened; here they need none of it. The
// callback is copied onto the stack for the call, because it may destroy what holds it.
template <class... Told>
int Source::State::call(sd_event_source*, Told..., void* state) {
  const auto callback = static_cast<State*>(state)->callback;
  callback();
  return 0;
}

Source EventLoop::add_io(int fd, uint32_t events, std::function<void()> callback) {
  Source source(std::move(callback));
  require(sd_event_add_io(event_, &source.state_->source, fd, events,
                          &Source::State::call<int, uint32_t>, source.state_.get()),
          "add_io");
  return source;
}

Timer EventLoop::add_timer(std::function<void()> callback) {
  Timer timer(std::move(callback));
  // Accuracy 1 us: sd-event would otherwise move an expiry by up to 250 ms to save wake-ups.
  require(sd_event_add_time(event_, &timer.state_->source, CLOCK_BOOTTIME, UINT64_MAX, 1,
                            &Source::State::call<uint64_t>, timer.state_.get()),
          "add_time");
  timer.disarm();
  return timer;
}

Source EventLoop::add_signal(int signal_number, std::function<void()> callback) {
  sigset_t set;  // sd-event takes signals that are blocked
  sigemptyset(&set);
  sigaddset(&set, signal_number);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  Source source(std::move(callback));
  require(sd_event_add_signal(event_, &source.state_->source, signal_number,
                              &Source::State::call<const signalfd_siginfo*>, source.state_.get()),
          "add_signal");
  // Before whatever else is due: a stop that reaches all our processes is not to be taken for a
  // failure of those that end of it.
  require(sd_event_source_set_priority(source.state_->source, SD_EVENT_PRIORITY_IMPORTANT),
          "priority");
  return source;
}

void EventLoop::enable_watchdog() {
  sd_event_set_watchdog(event_, 1);
}

int EventLoop::run() {
  const int result = sd_event_loop(event_);
  require(result, "sd_event_loop");
  return result;
}

void EventLoop::exit(int code) {
  sd_event_exit(event_, code);
}

}  // namespace holdfast
