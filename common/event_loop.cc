#include "common/event_loop.h"

#include <systemd/sd-event.h>

#include <cassert>
#include <cerrno>
#include <csignal>
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

uint64_t microseconds_up(TimePoint when) {
  const auto rounded = std::chrono::ceil<std::chrono::microseconds>(when.time_since_epoch());
  return rounded.count() > 0 ? static_cast<uint64_t>(rounded.count()) : 0;
}

void drop(sd_event_source*& source) {
  if (source == nullptr) return;
  sd_event_source_disable_unref(std::exchange(source, nullptr));
}

}  // namespace

struct Source::State {
  sd_event_source* source = nullptr;
  std::function<void(uint32_t)> on_io;
  std::function<void()> on_event;
  std::function<void(const siginfo_t&)> on_child;
  ~State() { drop(source); }

  // The callback is moved onto the stack for the call, because it may destroy this state.
  static int io(sd_event_source*, int, uint32_t revents, void* data) {
    auto callback = static_cast<State*>(data)->on_io;
    callback(revents);
    return 0;
  }
  static int event(sd_event_source*, void* data) {
    auto callback = static_cast<State*>(data)->on_event;
    callback();
    return 0;
  }
  static int signal(sd_event_source* source, const signalfd_siginfo*, void* data) {
    return event(source, data);
  }
  static int child(sd_event_source*, const siginfo_t* info, void* data) {
    auto callback = static_cast<State*>(data)->on_child;
    const siginfo_t copy = *info;
    callback(copy);
    return 0;
  }
};

Source::Source() = default;
Source::~Source() = default;
Source::Source(Source&&) noexcept = default;
Source& Source::operator=(Source&&) noexcept = default;
Source::Source(std::unique_ptr<State> state) : state_(std::move(state)) {}
void Source::reset() {
  state_.reset();
}

void Source::set_io_events(uint32_t events) {
  assert(state_);
  require(sd_event_source_set_io_events(state_->source, events), "sd_event_source_set_io_events");
}

struct Timer::State {
  sd_event_source* source = nullptr;
  std::function<void()> callback;
  ~State() { drop(source); }

  static int fire(sd_event_source*, uint64_t, void* data) {
    auto callback = static_cast<State*>(data)->callback;
    callback();
    return 0;
  }
};

Timer::Timer() = default;
Timer::~Timer() = default;
Timer::Timer(Timer&&) noexcept = default;
Timer& Timer::operator=(Timer&&) noexcept = default;
Timer::Timer(std::unique_ptr<State> state) : state_(std::move(state)) {}

void Timer::arm(TimePoint when) {
  assert(state_);
  require(sd_event_source_set_time(state_->source, microseconds_up(when)), "set_time");
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

Source EventLoop::add_io(int fd, uint32_t events, std::function<void(uint32_t)> callback) {
  auto state = std::make_unique<Source::State>();
  state->on_io = std::move(callback);
  require(sd_event_add_io(event_, &state->source, fd, events, Source::State::io, state.get()),
          "sd_event_add_io");
  return Source(std::move(state));
}

Timer EventLoop::add_timer(std::function<void()> callback) {
  auto state = std::make_unique<Timer::State>();
  state->callback = std::move(callback);
  // Accuracy 1 us: sd-event would otherwise move an expiry by up to 250 ms to save wake-ups.
  require(sd_event_add_time(event_, &state->source, CLOCK_BOOTTIME, UINT64_MAX, 1,
                            Timer::State::fire, state.get()),
          "sd_event_add_time");
  Timer timer(std::move(state));
  timer.disarm();
  return timer;
}

Source EventLoop::add_signal(int signal_number, std::function<void()> callback) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, signal_number);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  auto state = std::make_unique<Source::State>();
  state->on_event = std::move(callback);
  require(sd_event_add_signal(event_, &state->source, signal_number, Source::State::signal,
                              state.get()),
          "sd_event_add_signal");
  // Before whatever else is due: a stop that reaches all our processes is not to be taken for a
  // failure of those that end of it.
  require(sd_event_source_set_priority(state->source, SD_EVENT_PRIORITY_IMPORTANT), "priority");
  return Source(std::move(state));
}

Source EventLoop::add_child(pid_t pid, std::function<void(const siginfo_t&)> callback) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  auto state = std::make_unique<Source::State>();
  state->on_child = std::move(callback);
  require(
      sd_event_add_child(event_, &state->source, pid, WEXITED, Source::State::child, state.get()),
      "sd_event_add_child");
  return Source(std::move(state));
}

Source EventLoop::add_defer(std::function<void()> callback) {
  auto state = std::make_unique<Source::State>();
  state->on_event = std::move(callback);
  require(sd_event_add_defer(event_, &state->source, Source::State::event, state.get()),
          "sd_event_add_defer");
  return Source(std::move(state));
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
