#include "common/leftover_output.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

namespace holdfast {
namespace {

constexpr size_t kKeptMax = 64;

// True at the end of the output: nobody holds the write end any more.
bool drained(int fd) {
  std::array<char, 4096> buffer{};
  // A bound per turn: a flood must not hold the loop.
  for (int turn = 0; turn < 16; ++turn) {
    const ssize_t size = ::read(fd, buffer.data(), buffer.size());
    if (size < 0) return errno != EAGAIN && errno != EINTR;
    if (size == 0) return true;
  }
  return false;
}

}  // namespace

void LeftoverOutput::keep(UniqueFd output) {
  if (!output || drained(output.get())) return;
  if (all_.size() >= kKeptMax) all_.pop_front();
  const auto one = all_.emplace(all_.end());
  one->output = std::move(output);
  one->source = loop_.add_io(one->output.get(), EPOLLIN, [this, one] {
    if (drained(one->output.get())) all_.erase(one);
  });
}

}  // namespace holdfast
