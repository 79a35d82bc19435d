#include "common/vrrp_message.h"

#include <initializer_list>

namespace holdfast::vrrp {

uint16_t internet_checksum(std::span<const std::byte> data, uint32_t sum) {
  for (size_t i = 0; i + 1 < data.size(); i += 2) {
    sum += (std::to_integer<uint32_t>(data[i]) << 8) | std::to_integer<uint32_t>(data[i + 1]);
  }
  if (data.size() % 2 != 0) sum += std::to_integer<uint32_t>(data.back()) << 8;
  while ((sum >> 16) != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(~sum);
}

uint32_t pseudo_header_sum(Ipv4 source, Ipv4 destination, size_t message_bytes) {
  uint32_t sum = kIpProtocol + static_cast<uint32_t>(message_bytes);
  for (const auto [value] : {source, destination}) sum += (value >> 16) + (value & 0xffff);
  return sum;
}

}  // namespace holdfast::vrrp
