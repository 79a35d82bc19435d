#include "net-helper/receiver.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cstring>

#include "common/vrrp_wire.h"
#include "net-helper/messages.h"
#include "net-helper/raw_socket.h"

namespace holdfast::net {
namespace {

constexpr int kReadingsPerTurn = 8;
// After a reading, so that what comes in quick succession wakes the processes once: a fifth of the
// shortest interval, within these. The kernel stamps each packet when it comes, and who waits for
// one waits for far longer.
constexpr std::chrono::milliseconds kPauseMin{1};
constexpr std::chrono::milliseconds kPauseMax{10};
constexpr size_t kBatchBytesMax = 24'576;  // with another reading still inside a frame

// When the kernel took the datagram in: all that it was asked to say beside it.
uint64_t stamp_ns(msghdr& header) {
  timespec stamp{};
  const cmsghdr* said = CMSG_FIRSTHDR(&header);
  if (said != nullptr) std::memcpy(&stamp, CMSG_DATA(said), sizeof stamp);
  return static_cast<uint64_t>(stamp.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(stamp.tv_nsec);
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

Receiver::Receiver(EventLoop& loop, Trail& trail, Deliver deliver)
    : loop_(loop), trail_(trail), deliver_(std::move(deliver)), listening_(loop.add_timer([this] {
        for (auto& [key, port] : ports_) {
          if (port.source) port.source.set_io_events(EPOLLIN);
        }
      })) {}

Result<void> Receiver::open(const Key& key, Port& port) {
  const auto& [interface, group] = key;
  auto fd = open_raw_socket(trail_, fmt::format("receive {} on {}", group.text(), interface),
                            AF_INET, vrrp::kIpProtocol, receive_filter(group, port.vrids),
                            {{SOL_SOCKET, SO_BINDTOIFINDEX, port.interface_index},
                             {IPPROTO_IP, IP_MULTICAST_ALL, 0},
                             {SOL_SOCKET, SO_TIMESTAMPNS, 1}});
  if (!fd) return std::unexpected(fd.error());
  ip_mreqn membership{};
  membership.imr_multiaddr.s_addr = htonl(group.value);
  membership.imr_ifindex = port.interface_index;
  auto joined = set_option(*fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, membership);
  if (!joined) return joined;
  port.fd = std::move(*fd);
  port.source = loop_.add_io(port.fd.get(), EPOLLIN, [this] { receive(); });
  return {};
}

void Receiver::update(const Policy& policy, const Links& links) {
  std::map<Key, Port> next;
  pause_ = std::clamp<Duration>(policy.shortest_interval / 5, kPauseMin, kPauseMax);
  for (const auto& [id, router] : policy.routers) {
    const Link& link = links.get(router.interface);
    if (link.index == 0) continue;
    Port& port = next[{router.interface, router.group}];
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

void Receiver::receive() {
  for (auto& [key, port] : ports_) {
    if (!port.source) continue;
    port.source.set_io_events(0);
    receive(key.first, port.fd);
  }
  listening_.arm_after(pause_);
}

void Receiver::receive(const std::string& interface, const UniqueFd& fd) {
  wire::PacketBatch& batch = *received_.mutable_packets();
  batch.Clear();  // keeps the memory
  // What is left after that comes after the pause.
  for (int turn = 0; turn < kReadingsPerTurn && batch.ByteSizeLong() < kBatchBytesMax; ++turn) {
    Packets in;
    const int count = ::recvmmsg(fd.get(), in.headers.data(), Packets::kRoom, 0, nullptr);
    for (auto& [header, size] :
         std::span(in.headers).first(static_cast<size_t>(std::max(count, 0)))) {
      if ((header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) continue;
      wire::Packet& packet = *batch.add_packets();
      packet.set_received_at_ns(stamp_ns(header));
      packet.set_datagram(header.msg_iov->iov_base, size);
    }
    if (count < static_cast<int>(Packets::kRoom)) break;
  }
  if (batch.packets().empty()) return;
  batch.set_interface(interface);
  deliver_(received_);
}

}  // namespace holdfast::net
