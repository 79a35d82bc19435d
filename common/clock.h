// The one clock of the suite: CLOCK_BOOTTIME, which goes on while the machine sleeps, so that a
// lease is over after a suspend and never early after a step of the wall clock.
#pragma once

#include <chrono>
#include <ctime>

namespace holdfast {

using Duration = std::chrono::nanoseconds;

struct BootClock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<BootClock>;
  // NOLINTNEXTLINE(readability-identifier-naming): std::chrono names it.
  static constexpr bool is_steady = true;

  // For shells only: cores are handed a TimePoint.
  static time_point now() {
    timespec t{};
    clock_gettime(CLOCK_BOOTTIME, &t);
    return time_point(std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec));
  }
};

using TimePoint = BootClock::time_point;

}  // namespace holdfast
