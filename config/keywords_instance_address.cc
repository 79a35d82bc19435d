// Rows of `vrrp_instance`: its addresses, the devices that carry them, and authentication.
#include "config/instance_items.h"
#include "config/rows.h"

namespace holdfast::config {
namespace {

constexpr Block kHere = Block::kInstance;

constexpr auto kIpvlanOptions = std::to_array<Option>({
    {"", word("a name or address")},
    {"name", interface_name()},
    {"bridge"},
    {"private"},
    {"vepa"},
    {"group", word("a group of interfaces")},
});
constexpr Options kIpvlan{"`use_ipvlan`", kIpvlanOptions};
constexpr auto kReplayKinds = std::to_array<std::string_view>({"time", "monotonic"});
constexpr auto kSigningModes =
    std::to_array<std::string_view>({"enforce", "permissive", "receive-only"});

constexpr auto kVmacOptions = std::to_array<Option>({
    {"", word("a name or MAC address")},
    {"name", interface_name()},
    {"netlink_notify_msg"},
    {"group", word("a group of interfaces")},
});
constexpr Options kVmac{"`use_vmac`", kVmacOptions};

std::vector<Keyword> list_rows() {
  return {
      {.name = "virtual_ipaddress",
       .where = kHere,
       .doc = "The addresses, one a line.",
       .into = "engine.pb routers.advertised, net.pb routers.addresses",
       .opens = Block::kAddresses,
       .repeats = true},
      {.where = Block::kAddresses,
       .takes = virtual_address(),
       .doc = "An address, held as long as the router is MASTER.",
       .into = "engine.pb routers.advertised, net.pb routers.addresses",
       .example = "192.0.2.10/24 dev eth0",
       .repeats = true,
       .apply = [](Call& call) { add_virtual_address(call, call.instance().addresses); }},
      {.name = "virtual_ipaddress_excluded",
       .where = kHere,
       .doc = "Addresses that are held with the others, but not advertised.",
       .into = "net.pb routers.excluded_addresses",
       .opens = Block::kExcludedAddresses,
       .repeats = true},
      {.where = Block::kExcludedAddresses,
       .takes = virtual_address(),
       .doc = "An address that no advertisement lists.",
       .into = "net.pb routers.excluded_addresses",
       .example = "192.0.2.11/24",
       .repeats = true,
       .apply = [](Call& call) { add_virtual_address(call, call.instance().excluded_addresses); }},
  };
}

std::vector<Keyword> later_rows() {
  const auto device = not_yet(kHere, "addresses keep the interface's own MAC address");
  return {
      device("use_vmac", {options(kVmac)}, {},
             "Gives the addresses an interface with the virtual router's own MAC address."),
      device("use_vmac_addr", {}, {}, "The same for addresses on other interfaces."),
      device("vmac_xmit_base", {}, {}, "Advertises from the interface below that one."),
      device("use_ipvlan", {options(kIpvlan)}, "mode bridge",
             "Gives the addresses an interface that shares the MAC address of the one below."),
      not_yet(kHere, "a router must have an address")(
          "no_virtual_ipaddress", {}, {}, "Says that the router has no addresses on purpose."),
      not_yet(kHere, "the kernel's setting is left as it is")(
          "promote_secondaries", {}, {},
          "Keeps other addresses of a network when its first one goes."),
      no_effect(kHere, "packets to the addresses are always accepted")(
          "accept", {}, {},
          "Accepts packets to the addresses although this host does not own them."),
      not_yet(kHere, "no firewall rules are made", Severity::kWarning)(
          "no_accept", {}, {}, "Drops packets to the addresses unless this host owns them."),
      obsolete(kHere, "lvs_sync_daemon_inteface", "the misspelling was right in old versions",
               "write `lvs_sync_daemon` with the interface and this instance into global_defs"),
      not_yet(kHere, "IPVS is not driven yet", Severity::kWarning)(
          "lvs_sync_daemon_interface", {interface_name()}, {},
          "Hands the connections of IPVS on; `lvs_sync_daemon` of global_defs replaced it."),
  };
}

std::vector<Keyword> password_rows() {
  constexpr Rows kRow{Block::kAuthentication};
  Keyword type = kRow("auth_type", {word("PASS")}, {}, "The kind of authentication.",
                      "engine.pb routers.authentication, net.pb routers.advertisement",
                      set_authentication_type);
  type.takes.front().shown = "PASS|AH";
  return {
      {.name = "authentication",
       .where = kHere,
       .doc = "A password that all hosts share, in clear text on the network; version 3 has none.",
       .into = "engine.pb routers.authentication, net.pb routers.advertisement",
       .opens = Block::kAuthentication,
       .apply =
           [](Call& call) {
             call.instance().authentication.place = call.statement.place();
             call.instance().authentication.contents = contents_of(call);
           }},
      type,
      kRow("auth_pass", {word("a password")}, {}, "The password, up to 8 bytes.",
           "engine.pb routers.authentication.data, net.pb routers.advertisement", set_password),
  };
}

std::vector<Keyword> signature_rows() {
  const std::string_view why = "advertisements are not signed";
  const auto row = not_yet(Block::kSignature, why);
  Keyword key = row("key", {number(1, 255), word("a key")}, {},
                    "A key of 32 to 64 bytes: as it is, hex: and digits, or file: and a path.");
  key.repeats = true;
  return {
      not_yet(kHere, why)
          .block("auth_hmac", Block::kSignature, {},
                 "Signs advertisements with keys that all hosts share."),
      key,
      row("active_key", {number(1, 255)}, {}, "The key that signs."),
      row("time_window", {seconds(1, 300)}, "three times advert_int, at least 5",
          "Seconds that clocks may differ."),
      row("anti_replay", {choice(kReplayKinds)}, "time", "What tells a repeated packet."),
      row("mode", {choice(kSigningModes)}, "enforce",
          "What becomes of packets without a signature."),
  };
}

}  // namespace

std::vector<Keyword> instance_address_keywords() {
  std::vector<Keyword> all = list_rows();
  append(all, password_rows());
  append(all, signature_rows());
  append(all, later_rows());
  return all;
}

}  // namespace holdfast::config
