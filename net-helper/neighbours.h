// Telling the neighbours where an address is: gratuitous ARP (RFC 5227 3, with keepalived's target
// hardware address). The socket sends and never receives.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "common/error.h"
#include "common/ipv4.h"
#include "common/unique_fd.h"

namespace holdfast::net {

constexpr size_t kArpFrameBytes = 42;
using ArpFrame = std::array<std::byte, kArpFrameBytes>;
using MacAddress = std::array<uint8_t, 6>;

ArpFrame build_gratuitous_arp(const MacAddress& mac, Ipv4 address);

struct Announcement {
  int interface_index = 0;
  MacAddress mac{};
  Ipv4 address;
};

class Neighbours {
 public:
  static Result<Neighbours> open();
  // All addresses once, `repeat` times over, at once. Never blocks: what the interface does not
  // take is left out; the error is about the last such frame.
  Result<void> announce(std::span<const Announcement> announcements, uint32_t repeat);

 private:
  explicit Neighbours(UniqueFd fd) : fd_(std::move(fd)) {}

  UniqueFd fd_;
};

}  // namespace holdfast::net
