// Reading addresses as people write them: net-helper links none of it.
#include <arpa/inet.h>

#include "common/ipv4.h"

namespace holdfast {

std::optional<Ipv4> Ipv4::from_text(std::string_view text) {
  in_addr parsed{};
  if (inet_pton(AF_INET, std::string(text).c_str(), &parsed) != 1) return std::nullopt;
  return Ipv4{ntohl(parsed.s_addr)};
}

}  // namespace holdfast
