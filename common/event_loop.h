// sd-event with owned sources. One thread, one loop a process. See sd-event(3).
//
// A source belongs to whoever holds it; destroying it ends the callbacks, also from inside its own
// callback. Callbacks run on the loop's thread and must not block.
#pragma once

#include <sys/epoll.h>
#include <sys/types.h>

#include <csignal>
#include <cstdint>
#include <functional>
#include <memory>

#include "common/clock.h"

struct sd_event;
struct sd_event_source;

namespace holdfast {

// An I/O, signal or child source. Empty when moved from or default constructed.
class Source {
 public:
  Source() = default;
  explicit operator bool() const { return state_ != nullptr; }
  void reset() { state_.reset(); }
  // I/O sources only: change the epoll mask.
  void set_io_events(uint32_t events);

 protected:
  friend class EventLoop;
  struct State {
    sd_event_source* source = nullptr;
    std::function<void()> callback;
    template <class... Told>
    static int call(sd_event_source*, Told..., void* state);
    virtual ~State();
  };
  explicit Source(std::function<void()> callback);
  std::unique_ptr<State> state_;
};

// A timer that is armed for one expiry at a time, on CLOCK_BOOTTIME.
class Timer : private Source {
 public:
  // Fires once, at `when` or as soon as possible after it; replaces an earlier arming.
  void arm(TimePoint when);
  void arm_after(Duration delay) { arm(BootClock::now() + delay); }
  void disarm();

 private:
  friend class EventLoop;
  using Source::Source;
};

class EventLoop {
 public:
  EventLoop();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // `events` is an epoll mask (EPOLLIN, EPOLLOUT); the descriptor stays the caller's.
  [[nodiscard]] Source add_io(int fd, uint32_t events, std::function<void()> callback);
  [[nodiscard]] Timer add_timer(std::function<void()> callback);
  // Blocks the signal for the process and delivers it here, before other events that are due.
  [[nodiscard]] Source add_signal(int signal_number, std::function<void()> callback);
  // Reaps the child `pid` and hands over its waitid(2) result once.
  [[nodiscard]] Source add_child(pid_t pid, std::function<void(const siginfo_t&)> callback);

  // Keep-alives for the service manager, sent from the loop itself (sd_event_set_watchdog(3)).
  void enable_watchdog();

  // Returns the value that was given to exit().
  int run();
  void exit(int code);

 private:
  sd_event* event_ = nullptr;
};

}  // namespace holdfast
