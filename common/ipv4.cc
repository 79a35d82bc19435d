#include "common/ipv4.h"

#include <fmt/core.h>

namespace holdfast {

std::string Ipv4::text() const {
  return fmt::format("{}.{}.{}.{}", value >> 24, (value >> 16) & 0xff, (value >> 8) & 0xff,
                     value & 0xff);
}

std::string Ipv4::bytes() const {
  return {static_cast<char>(value >> 24), static_cast<char>((value >> 16) & 0xff),
          static_cast<char>((value >> 8) & 0xff), static_cast<char>(value & 0xff)};
}

std::optional<Ipv4> Ipv4::from_bytes(std::string_view bytes) {
  if (bytes.size() != 4) return std::nullopt;
  uint32_t value = 0;
  for (const char c : bytes) value = (value << 8) | static_cast<unsigned char>(c);
  return Ipv4{value};
}

}  // namespace holdfast
