// A VRRP message inside an IPv4 datagram as the kernel sends it for the helper.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "common/vrrp_message.h"

namespace holdfast::vrrp {

struct Ipv4Header {
  Ipv4 source;
  Ipv4 destination;
  uint16_t identification = 0;
  uint8_t ttl = kTtl;
};

inline std::vector<std::byte> encode_datagram(const Ipv4Header& header,
                                              std::span<const std::byte> message) {
  constexpr unsigned kHeaderOnlyBytes = 20;
  const auto total = kHeaderOnlyBytes + static_cast<unsigned>(message.size());
  std::vector<std::byte> datagram;
  const auto put = [&datagram](std::initializer_list<unsigned> values) {
    for (const unsigned value : values) datagram.push_back(static_cast<std::byte>(value));
  };
  const auto put_address = [&put](uint32_t value) {
    put({value >> 24, value >> 16, value >> 8, value});
  };
  const unsigned id = header.identification;
  put({0x45, 0xc0, total >> 8, total, id >> 8, id, 0, 0, header.ttl, kIpProtocol, 0, 0});
  put_address(header.source.value);
  put_address(header.destination.value);
  const unsigned checksum = internet_checksum(datagram);
  datagram[10] = static_cast<std::byte>(checksum >> 8);
  datagram[11] = static_cast<std::byte>(checksum);
  datagram.insert(datagram.end(), message.begin(), message.end());
  return datagram;
}

}  // namespace holdfast::vrrp
