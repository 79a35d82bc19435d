#include "common/vrrp_encode.h"

#include <cassert>

namespace holdfast::vrrp {
namespace {

class Writer {
 public:
  void u8(unsigned value) { bytes_.push_back(static_cast<std::byte>(value & 0xff)); }
  void u16(unsigned value) {
    u8(value >> 8);
    u8(value);
  }
  void address(Ipv4 address) {
    u16(address.value >> 16);
    u16(address.value & 0xffff);
  }
  void put_u16(size_t at, uint16_t value) {
    bytes_[at] = static_cast<std::byte>(value >> 8);
    bytes_[at + 1] = static_cast<std::byte>(value & 0xff);
  }
  std::span<const std::byte> view() const { return bytes_; }
  std::vector<std::byte> take() { return std::move(bytes_); }

 private:
  std::vector<std::byte> bytes_;
};

constexpr unsigned kTosInternetworkControl = 0xc0;

}  // namespace

std::vector<std::byte> encode_message(const AdvertisementV2& advertisement) {
  assert(advertisement.addresses.size() <= kAddressesMax);
  Writer out;
  out.u8(0x20U | kTypeAdvertisement);
  out.u8(advertisement.vrid);
  out.u8(advertisement.priority);
  out.u8(static_cast<unsigned>(advertisement.addresses.size()));
  out.u8(advertisement.auth_type);
  out.u8(advertisement.interval_s);
  const size_t checksum_at = out.view().size();
  out.u16(0);
  for (const Ipv4 address : advertisement.addresses) out.address(address);
  for (const uint8_t byte : advertisement.auth_data) out.u8(byte);
  out.put_u16(checksum_at, internet_checksum(out.view()));
  return out.take();
}

std::vector<std::byte> encode_datagram(const Ipv4Header& header,
                                       std::span<const std::byte> message) {
  constexpr size_t kIpHeaderBytes = 20;
  constexpr size_t kChecksumAt = 10;
  Writer out;
  out.u8(0x45);
  out.u8(kTosInternetworkControl);
  out.u16(static_cast<unsigned>(kIpHeaderBytes + message.size()));
  out.u16(header.identification);
  out.u16(0);
  out.u8(kTtl);
  out.u8(kIpProtocol);
  out.u16(0);
  out.address(header.source);
  out.address(header.destination);
  out.put_u16(kChecksumAt, internet_checksum(out.view()));
  for (const std::byte byte : message) out.u8(std::to_integer<unsigned>(byte));
  return out.take();
}

}  // namespace holdfast::vrrp
