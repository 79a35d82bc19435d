#include "net-helper/receiver.h"

#include <arpa/inet.h>
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

constexpr size_t kPacketsPerCall = 64;
constexpr size_t kBatchBytesMax = 49'152;  // with one more packet still inside a frame
constexpr size_t kControlBytes = 256;

// Where one datagram arrives.
struct Slot {
  std::array<std::byte, vrrp::kDatagramBytesMax> data;
  alignas(cmsghdr) std::array<std::byte, kControlBytes> control;
  sockaddr_in source;
  iovec part;
};

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
void read_metadata(msghdr& header, std::chrono::nanoseconds wall_now, TimePoint boot_now,
                   wire::Packet& packet) {
  TimePoint received = boot_now;
  for (cmsghdr* at = CMSG_FIRSTHDR(&header); at != nullptr; at = CMSG_NXTHDR(&header, at)) {
    if (at->cmsg_level == IPPROTO_IP && at->cmsg_type == IP_TTL) {
      packet.set_ttl(static_cast<uint32_t>(value_of<int>(at)));
    } else if (at->cmsg_level == IPPROTO_IP && at->cmsg_type == IP_PKTINFO) {
      packet.set_destination(Ipv4{ntohl(value_of<in_pktinfo>(at).ipi_addr.s_addr)}.bytes());
    } else if (at->cmsg_level == SOL_SOCKET && at->cmsg_type == SO_TIMESTAMPNS) {
      received = to_boot_time(to_duration(value_of<timespec>(at)), wall_now, boot_now);
    }
  }
  packet.set_received_at_ns(static_cast<uint64_t>(received.time_since_epoch().count()));
}

}  // namespace

struct Receiver::Port {
  Wanted wanted;
  UniqueFd fd;
  Source source;
};

Receiver::Receiver(EventLoop& loop, Deliver deliver) : loop_(loop), deliver_(std::move(deliver)) {}
Receiver::~Receiver() = default;

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

Result<std::unique_ptr<Receiver::Port>> Receiver::open(const Key& key, const Wanted& wanted) {
  auto port = std::make_unique<Port>();
  port->wanted = wanted;
  port->fd.reset(::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, vrrp::kIpProtocol));
  if (!port->fd) return system_failure("raw socket");
  ip_mreqn membership{};
  membership.imr_multiaddr.s_addr = htonl(key.second.value);
  membership.imr_ifindex = wanted.interface_index;
  // The filter first: nothing may arrive before it is in place.
  Result<void> done = lock_filter(port->fd, receive_filter(key.second, wanted.vrids));
  if (done) done = set_option(port->fd, SOL_SOCKET, SO_BINDTOIFINDEX, wanted.interface_index);
  if (done) done = set_option(port->fd, IPPROTO_IP, IP_MULTICAST_ALL, 0);
  if (done) done = set_option(port->fd, IPPROTO_IP, IP_PKTINFO, 1);
  if (done) done = set_option(port->fd, IPPROTO_IP, IP_RECVTTL, 1);
  if (done) done = set_option(port->fd, SOL_SOCKET, SO_TIMESTAMPNS, 1);
  if (done) done = set_option(port->fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, membership);
  if (!done) return std::unexpected(done.error());
  port->source = loop_.add_io(port->fd.get(), EPOLLIN,
                              [this, self = port.get()](uint32_t) { receive(*self); });
  return port;
}

void Receiver::update(const Policy& policy, const Links& links) {
  std::map<Key, Wanted> wanted;
  for (const auto& [id, router] : policy.routers) {
    const Link& link = links.get(router.interface);
    if (link.index == 0) continue;
    Wanted& entry = wanted[{router.interface, router.group}];
    entry.interface_id = policy.interface_ids.at(router.interface);
    entry.interface_index = link.index;
    entry.vrids.insert(router.vrid);
  }
  std::erase_if(ports_, [&wanted](const auto& entry) { return !wanted.contains(entry.first); });
  for (const auto& [key, want] : wanted) {
    const auto found = ports_.find(key);
    if (found != ports_.end() && found->second->wanted.interface_index == want.interface_index &&
        found->second->wanted.vrids == want.vrids) {
      found->second->wanted.interface_id = want.interface_id;
      continue;
    }
    auto opened = open(key, want);
    if (opened) {
      ports_[key] = std::move(*opened);
    } else {
      log_line<kReceiverFailed>(key.first, opened.error().text);
    }
  }
}

void Receiver::receive(const Port& port) {
  std::array<Slot, kPacketsPerCall> slots;  // some 90 KiB that the kernel fills
  std::array<mmsghdr, kPacketsPerCall> messages{};
  for (size_t i = 0; i < kPacketsPerCall; ++i) {
    slots[i].part = {slots[i].data.data(), slots[i].data.size()};
    msghdr& header = messages[i].msg_hdr;
    header.msg_name = &slots[i].source;
    header.msg_namelen = sizeof(sockaddr_in);
    header.msg_iov = &slots[i].part;
    header.msg_iovlen = 1;
    header.msg_control = slots[i].control.data();
    header.msg_controllen = slots[i].control.size();
  }
  const int count = ::recvmmsg(port.fd.get(), messages.data(), kPacketsPerCall, 0, nullptr);
  if (count <= 0) return;
  timespec wall{};
  clock_gettime(CLOCK_REALTIME, &wall);
  const auto wall_now = to_duration(wall);
  const TimePoint boot_now = BootClock::now();
  wire::HelperToEngine message;
  size_t batch_bytes = 0;
  for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
    if ((messages[i].msg_hdr.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) continue;
    wire::Packet packet;
    read_metadata(messages[i].msg_hdr, wall_now, boot_now, packet);
    packet.set_interface_id(port.wanted.interface_id);
    packet.set_source(Ipv4{ntohl(slots[i].source.sin_addr.s_addr)}.bytes());
    packet.set_datagram(slots[i].data.data(), messages[i].msg_len);
    *message.mutable_packets()->add_packets() = std::move(packet);
    batch_bytes += messages[i].msg_len + 64;
    if (batch_bytes < kBatchBytesMax) continue;
    deliver_(message);
    message.clear_packets();
    batch_bytes = 0;
  }
  if (message.has_packets()) deliver_(message);
}

}  // namespace holdfast::net
