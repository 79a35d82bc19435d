#include "net-helper/adverts.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "common/vrrp_encode.h"
#include "net-helper/raw_socket.h"

namespace holdfast::net {

std::vector<std::byte> build_advert(const RouterPolicy& router, uint8_t priority, Ipv4 source,
                                    uint16_t identification) {
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(router.times.advert_interval);
  const vrrp::AdvertisementV2 advertisement{.vrid = router.vrid,
                                            .priority = priority,
                                            .interval_s = static_cast<uint8_t>(seconds.count()),
                                            .auth_type = router.auth_type,
                                            .auth_data = router.auth_data,
                                            .addresses = router.advertised};
  return vrrp::encode_datagram(
      {.source = source, .destination = router.group, .identification = identification},
      vrrp::encode_message(advertisement));
}

Result<int> Adverts::socket_for(int interface_index) {
  if (const auto found = sockets_.find(interface_index); found != sockets_.end()) {
    return found->second.get();
  }
  // IPPROTO_RAW implies IP_HDRINCL (raw(7)); it would also receive protocol 255.
  UniqueFd fd(::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_RAW));
  if (!fd) return system_failure("raw socket");
  Result<void> done = lock_send_only(fd);
  if (done) done = set_option(fd, SOL_SOCKET, SO_BINDTOIFINDEX, interface_index);
  if (done) done = set_option(fd, IPPROTO_IP, IP_MULTICAST_LOOP, 0);
  if (!done) return std::unexpected(done.error());
  return sockets_.emplace(interface_index, std::move(fd)).first->second.get();
}

Result<void> Adverts::send(const RouterPolicy& router, const Link& link, uint8_t priority) {
  const auto fd = socket_for(link.index);
  if (!fd) return std::unexpected(fd.error());
  uint16_t& identification = identifications_[router.id];
  // 0 would make the kernel choose one.
  if (++identification == 0) identification = 1;
  const auto datagram = build_advert(router, priority, link.primary, identification);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(router.group.value);
  const ssize_t sent = ::sendto(*fd, datagram.data(), datagram.size(), MSG_DONTROUTE,
                                reinterpret_cast<const sockaddr*>(&to), sizeof to);
  if (sent < 0) {
    return system_failure(router.name + ": send an advertisement on " + router.interface);
  }
  return {};
}

}  // namespace holdfast::net
