// What the helper puts on the wire, and what the kernel lets through to it.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <string>

#include "common/ipv4.h"
#include "common/vrrp_encode.h"
#include "net-helper/raw_socket.h"
#include "net-helper/receiver.h"
#include "net-helper/route_socket.h"
#include "net-helper/sender.h"

namespace holdfast::net {
namespace {

using std::chrono_literals::operator""s;

std::string to_hex(std::span<const std::byte> bytes) {
  std::string hex;
  for (const std::byte byte : bytes) hex += fmt::format("{:02x}", std::to_integer<int>(byte));
  return hex;
}

TEST(Sender, SendsTheGratuitousArpOfKeepalived) {
  const ArpFrame frame = build_gratuitous_arp({2, 0, 0, 0, 0, 0x17}, Ipv4{0x0a070064});
  EXPECT_EQ(to_hex(std::as_bytes(std::span(frame))),
            "ffffffffffff0200000000170806"
            "0001080006040001"
            "0200000000170a070064"
            "ffffffffffff0a070064");
}

TEST(Sender, WritesEveryPriorityIntoTheAdvertisement) {
  for (unsigned vrid = 1; vrid <= 255; ++vrid) {
    vrrp::AdvertisementV2 says{.vrid = static_cast<uint8_t>(vrid), .addresses = {Ipv4{0xac124321}}};
    const auto bytes = encode_message(says);
    for (unsigned priority = 0; priority <= 255; ++priority) {
      std::string message(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      write_priority(message, static_cast<uint8_t>(priority), {});
      says.priority = static_cast<uint8_t>(priority);
      const auto expected = encode_message(says);
      ASSERT_EQ(to_hex(std::as_bytes(std::span(message))), to_hex(expected));
    }
  }
}

TEST(Sender, AddsTheSourceToTheChecksumOfRfc5798) {
  const Ipv4 group{0xe0000012};
  for (const Ipv4 source : {Ipv4{0x0a070001}, Ipv4{0xfffffffe}, Ipv4{0xc0a80101}}) {
    vrrp::AdvertisementV3 says{.vrid = 51, .addresses = {Ipv4{0x0a070064}}, .destination = group};
    const auto bytes = encode_message(says);
    says.source = source;
    for (unsigned priority = 0; priority <= 255; ++priority) {
      std::string message(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      write_priority(message, static_cast<uint8_t>(priority), source);
      says.priority = static_cast<uint8_t>(priority);
      ASSERT_EQ(to_hex(std::as_bytes(std::span(message))), to_hex(encode_message(says)));
    }
  }
}

// In a network namespace of its own, the second on an interface that is not there: what the kernel
// said, and how many are there in the end.
std::string put_three() {
  constexpr int kLoopback = 1;
  auto socket = RouteSocket::open();
  if (!socket) return socket.error().text;
  Result<void> put = socket->put({kLoopback, Ipv4{0x0a070001}, 24}, 4s);
  if (put) put = socket->put({999, Ipv4{0x0a070064}, 24}, 4s);
  if (put) put = socket->put({kLoopback, Ipv4{0x0a070002}, 24}, 4s);
  if (!put) return "asked too early: " + put.error().text;
  const auto refused = socket->commit();
  // What is asked for afterwards must not take the answers of before for its own.
  const auto again = socket->put({kLoopback, Ipv4{0x0a070001}, 24}, 4s);
  const auto renewed = socket->commit();
  const auto list = socket->list();
  if (refused || !again || !renewed || !list) return "wrong answers";
  return std::to_string(list->size()) + " there; " + refused.error().text;
}

std::string put_in_a_network_of_its_own() {
  std::array<int, 2> said{};
  if (::pipe(said.data()) != 0) return "";
  const pid_t child = ::fork();
  if (child == 0) {
    std::string text = "unshare failed";
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0) {
      text = put_three();
    }
    ::_exit(::write(said[1], text.data(), text.size()) > 0 ? 0 : 1);
  }
  ::close(said[1]);
  std::array<char, 4096> buffer{};
  const ssize_t size = ::read(said[0], buffer.data(), buffer.size());
  ::close(said[0]);
  ::waitpid(child, nullptr, 0);
  return {buffer.data(), static_cast<size_t>(std::max<ssize_t>(size, 0))};
}

TEST(RouteSocket, DoesTheRestAndTellsWhatTheKernelRefused) {
  const std::string text = put_in_a_network_of_its_own();
  EXPECT_EQ(text, "2 there; 10.7.0.100/24: No such device");
}

// Runs datagrams through the real filter: any socket takes one.
class FilterTest : public testing::Test {
 protected:
  void SetUp() override {
    std::array<int, 2> pair{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, pair.data()), 0);
    sender_.reset(pair[0]);
    receiver_.reset(pair[1]);
  }
  bool admits(const std::string& datagram) {
    [[maybe_unused]] const auto sent = ::send(sender_.get(), datagram.data(), datagram.size(), 0);
    std::array<char, 4096> buffer{};
    return ::recv(receiver_.get(), buffer.data(), buffer.size(), 0) ==
           static_cast<ssize_t>(datagram.size());
  }
  static std::string datagram(const char* destination, int vrid, size_t header_words = 5) {
    std::string bytes(header_words * 4, '\0');
    bytes[0] = static_cast<char>(0x40 | header_words);
    bytes.replace(16, 4, Ipv4::from_text(destination).value_or(Ipv4{}).bytes());
    return bytes + '\x21' + static_cast<char>(vrid) + std::string(18, '\0');
  }
  UniqueFd sender_;
  UniqueFd receiver_;
};

TEST_F(FilterTest, AdmitsTheGroupAndTheConfiguredVrids) {
  ASSERT_TRUE(lock_filter(receiver_, receive_filter(Ipv4{0xe0004343}, {51, 200})).has_value());
  EXPECT_TRUE(admits(datagram("224.0.67.67", 51)));
  EXPECT_TRUE(admits(datagram("224.0.67.67", 200)));
  EXPECT_TRUE(admits(datagram("224.0.67.67", 51, 6)));  // with an IP option
  EXPECT_FALSE(admits(datagram("224.0.67.67", 52)));
  EXPECT_FALSE(admits(datagram("224.0.0.18", 51)));
  EXPECT_FALSE(admits(datagram("10.7.0.1", 51)));
  EXPECT_FALSE(admits(datagram("224.0.67.67", 51) + std::string(vrrp::kDatagramBytesMax, 'x')));
  EXPECT_FALSE(admits(std::string("\x45")));
  EXPECT_FALSE(admits(datagram("224.0.67.67", 51).substr(0, 21)));
}

TEST_F(FilterTest, ReachesOverEveryVridThereIs) {
  std::set<uint8_t> all;
  for (int vrid = 1; vrid <= 255; ++vrid) all.insert(static_cast<uint8_t>(vrid));
  ASSERT_TRUE(lock_filter(receiver_, receive_filter(Ipv4{0xe0000012}, all)).has_value());
  EXPECT_FALSE(admits(datagram("224.0.0.18", 0)));
  for (int vrid = 1; vrid <= 255; ++vrid) EXPECT_TRUE(admits(datagram("224.0.0.18", vrid)));
}

TEST_F(FilterTest, CannotBeWidenedAnyMore) {
  ASSERT_TRUE(lock_filter(receiver_, kDropAll).has_value());
  EXPECT_FALSE(admits(datagram("224.0.0.18", 51)));
  EXPECT_FALSE(lock_filter(receiver_, receive_filter(Ipv4{0xe0000012}, {51})).has_value());
  const int none = 0;
  EXPECT_NE(::setsockopt(receiver_.get(), SOL_SOCKET, SO_DETACH_FILTER, &none, sizeof none), 0);
}

}  // namespace
}  // namespace holdfast::net
