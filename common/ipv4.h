// IPv4 addresses as values. Stored in host order so that they compare as RFC 3768 6.4.3 asks:
// as unsigned numbers in network byte order.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast {

struct Ipv4 {
  uint32_t value = 0;  // 10.0.0.1 is 0x0a000001

  auto operator<=>(const Ipv4&) const = default;
  bool is_unset() const { return value == 0; }
  bool is_multicast() const { return (value >> 28) == 0xe; }

  std::string text() const;
  std::string bytes() const;  // 4 bytes, network order, as the messages carry it
  static std::optional<Ipv4> from_text(std::string_view text);    // dotted quad, nothing around it
  static std::optional<Ipv4> from_bytes(std::string_view bytes);  // exactly 4
};

}  // namespace holdfast
