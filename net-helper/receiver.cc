#include "net-helper/receiver.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "common/ipv4.h"
#include "common/vrrp_wire.h"
#include "net-helper/messages.h"
#include "net-helper/raw_socket.h"

namespace holdfast::net {
namespace {

constexpr int kPacketsPerTurn = 64;
constexpr size_t kBatchBytesMax = 49'152;  // with one more packet still inside a frame
constexpr size_t kControlBytes = 256;

// The value of a control message.
template <class T>
T value_of(cmsghdr* message) {
  T value{};
  std::memcpy(&value, CMSG_DATA(message), sizeof value);
  return value;
}

std::chrono::nanoseconds to_duration(const timespec& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

// What the kernel said about a datagram.
void read_metadata(msghdr& header, wire::Packet& packet) {
  timespec wall{};
  clock_gettime(CLOCK_REALTIME, &wall);
  const TimePoint boot_now = BootClock::now();
  TimePoint received = boot_now;
  for (cmsghdr* at = CMSG_FIRSTHDR(&header); at != nullptr; at = CMSG_NXTHDR(&header, at)) {
    if (at->cmsg_level == IPPROTO_IP && at->cmsg_type == IP_TTL) {
      packet.set_ttl(static_cast<uint32_t>(value_of<int>(at)));
    } else if (at->cmsg_level == IPPROTO_IP && at->cmsg_type == IP_PKTINFO) {
      packet.set_destination(Ipv4{ntohl(value_of<in_pktinfo>(at).ipi_addr.s_addr)}.bytes());
    } else if (at->cmsg_level == SOL_SOCKET && at->cmsg_type == SO_TIMESTAMPNS) {
      received = to_boot_time(to_duration(value_of<timespec>(at)), to_duration(wall), boot_now);
    }
  }
  packet.set_received_at_ns(static_cast<uint64_t>(received.time_since_epoch().count()));
}

}  // namespace

std::vector<sock_filter> receive_filter(Ipv4 group, const std::set<uint8_t>& vrids) {
  constexpr uint32_t kDestinationAt = 16;
  std::vector<sock_filter> program{
      BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
      BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, vrrp::kDatagramBytesMax, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, 0),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kDestinationAt),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, group.value, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, 0),
      BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),  // X: bytes of the IP header
      BPF_STMT(BPF_LD | BPF_B | BPF_IND, 1),
  };
  // Over the VRIDs that follow and the `drop` behind them: at most 255, what a jump can reach.
  size_t to_accept = vrids.size();
  for (const uint8_t vrid : vrids) {
    program.push_back(
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, vrid, static_cast<uint8_t>(to_accept--), 0));
  }
  program.push_back(BPF_STMT(BPF_RET | BPF_K, 0));
  program.push_back(BPF_STMT(BPF_RET | BPF_K, uint32_t{vrrp::kDatagramBytesMax}));
  return program;
}

TimePoint to_boot_time(std::chrono::nanoseconds stamp, std::chrono::nanoseconds wall_now,
                       TimePoint boot_now) {
  const auto age = std::max(wall_now - stamp, std::chrono::nanoseconds{0});
  return TimePoint{} + std::max(boot_now.time_since_epoch() - age, std::chrono::nanoseconds{0});
}

Result<void> Receiver::open(const Key& key, Port& port) {
  const auto& [interface, group] = key;
  auto fd = open_raw_socket(trail_, fmt::format("receive {} on {}", group.text(), interface),
                            AF_INET, vrrp::kIpProtocol, receive_filter(group, port.vrids),
                            {{SOL_SOCKET, SO_BINDTOIFINDEX, port.interface_index},
                             {IPPROTO_IP, IP_MULTICAST_ALL, 0},
                             {IPPROTO_IP, IP_PKTINFO, 1},
                             {IPPROTO_IP, IP_RECVTTL, 1},
                             {SOL_SOCKET, SO_TIMESTAMPNS, 1}});
  if (!fd) return std::unexpected(fd.error());
  ip_mreqn membership{};
  membership.imr_multiaddr.s_addr = htonl(group.value);
  membership.imr_ifindex = port.interface_index;
  if (auto joined = set_option(*fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, membership); !joined) {
    return joined;
  }
  port.fd = std::move(*fd);
  port.source = loop_.add_io(port.fd.get(), EPOLLIN, [this, key] { receive(ports_.at(key)); });
  return {};
}

void Receiver::update(const Policy& policy, const Links& links) {
  std::map<Key, Port> next;
  for (const auto& [id, router] : policy.routers) {
    const Link& link = links.get(router.interface);
    if (link.index == 0) continue;
    Port& port = next[{router.interface, router.group}];
    port.interface_id = policy.interface_ids.at(router.interface);
    port.interface_index = link.index;
    port.vrids.insert(router.vrid);
  }
  for (auto& [key, port] : next) {
    Port& before = ports_[key];
    if (before.fd && before.interface_index == port.interface_index && before.vrids == port.vrids) {
      port.fd = std::move(before.fd);
      port.source = std::move(before.source);
    } else if (const auto opened = open(key, port); !opened) {
      log_line<kReceiverFailed>(key.first, opened.error().text);
    }
  }
  ports_ = std::move(next);
}

void Receiver::receive(const Port& port) {
  wire::HelperToEngine message;
  size_t batch_bytes = 0;
  // What is left after that comes at the loop's next turn.
  for (int turn = 0; turn < kPacketsPerTurn && batch_bytes < kBatchBytesMax; ++turn) {
    std::array<std::byte, vrrp::kDatagramBytesMax> data;
    alignas(cmsghdr) std::array<std::byte, kControlBytes> control;
    sockaddr_in source{};
    iovec part{data.data(), data.size()};
    msghdr header{.msg_name = &source,
                  .msg_namelen = sizeof source,
                  .msg_iov = &part,
                  .msg_iovlen = 1,
                  .msg_control = control.data(),
                  .msg_controllen = control.size(),
                  .msg_flags = 0};
    const ssize_t size = ::recvmsg(port.fd.get(), &header, 0);
    if (size < 0) break;
    if ((header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) continue;
    wire::Packet& packet = *message.mutable_packets()->add_packets();
    read_metadata(header, packet);
    packet.set_interface_id(port.interface_id);
    packet.set_source(Ipv4{ntohl(source.sin_addr.s_addr)}.bytes());
    packet.set_datagram(data.data(), static_cast<size_t>(size));
    batch_bytes += static_cast<size_t>(size) + 64;
  }
  if (message.has_packets()) deliver_(message);
}

}  // namespace holdfast::net
