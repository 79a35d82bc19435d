// Rows of `vrrp_instance`.
#include <array>

#include "config/catalogue.h"
#include "config/instance_items.h"
#include "config/rows.h"

namespace holdfast::config {
namespace {

constexpr Block kHere = Block::kInstance;
constexpr int64_t kSecondsMax = 86400;

void begin_instance(Call& call) {
  call.model.instances.emplace_back();
  call.instance().statement = &call.statement;
  set(call.instance().name, call.value());
}

void set_state(Call& call) {
  set(call.instance().state, call.value());
  const std::string& state = call.value().text;
  if (state == "MASTER" || state == "BACKUP") return;
  Diagnostic& diagnostic =
      call.diagnostics.report<kOddState>(call.value().place, in_backticks(state))
          .note("keepalived takes every word but MASTER for BACKUP, too");
  const bool meant_master =
      most_similar(state, std::array<std::string_view, 3>{"master", "Master", "MASTER"}) != "";
  diagnostic.help(meant_master ? "write MASTER if that is meant" : "write BACKUP");
}

void set_version(Call& call) {
  if (call.value().number == 3) {
    call.diagnostics.report<kUnsupported>(call.value().place, "VRRP version 3");
  }
}

void set_multicast_group(Call& call) {
  set(call.instance().multicast_group, call.value());
  if (call.value().address.is_multicast()) return;
  call.diagnostics.report<kNotMulticast>(call.value().place, call.value().address.text())
      .help("VRRP's own group is 224.0.0.18");
}

std::vector<Keyword> identity_rows() {
  return {
      {.name = "vrrp_instance",
       .where = Block::kRoot,
       .takes = {word("a name")},
       .doc = "A virtual router: addresses that one of several hosts holds.",
       .opens = kHere,
       .repeats = true,
       .apply = begin_instance},
      {.name = "state",
       .where = kHere,
       .takes = {word("MASTER or BACKUP")},
       .otherwise = "BACKUP",
       .doc = "How to start: with MASTER the router waits for one advertisement only.",
       .apply = set_state},
      {.name = "interface",
       .where = kHere,
       .takes = {interface_name()},
       .doc = "Where advertisements are sent, and addresses without `dev` are held.",
       .apply = [](Call& call) { set(call.instance().interface, call.value()); }},
      {.name = "virtual_router_id",
       .where = kHere,
       .takes = {number(1, 255)},
       .doc = "The number that tells virtual routers on one network apart.",
       .apply = [](Call& call) { set(call.instance().vrid, call.value()); }},
      {.name = "priority",
       .where = kHere,
       .takes = {number(1, 255)},
       .otherwise = "100, or 255 with `state MASTER`",
       .doc = "The highest priority becomes MASTER; 255 is for the owner of the addresses.",
       .apply = [](Call& call) { set(call.instance().priority, call.value()); }},
      {.name = "version",
       .where = kHere,
       .takes = {number(2, 3)},
       .otherwise = "vrrp_version of global_defs",
       .doc = "The version of VRRP.",
       .apply = set_version},
      no_effect("debug", kHere, "keepalived does not use it either"),
  };
}

std::vector<Keyword> timing_rows() {
  return {
      {.name = "advert_int",
       .where = kHere,
       .takes = {seconds(0.01, 255)},
       .otherwise = "1",
       .doc = "Seconds between advertisements, the same on every host.",
       .apply = [](Call& call) { set(call.instance().advert_interval, call.value()); }},
      {.name = "down_timer_adverts",
       .where = kHere,
       .takes = {number(1, 100)},
       .otherwise = "3",
       .doc = "How many advertisements must be missing before a BACKUP takes over.",
       .apply = [](Call& call) { set(call.instance().down_timer_adverts, call.value()); }},
      {.name = "nopreempt",
       .where = kHere,
       .otherwise = "preempt",
       .doc = "A BACKUP leaves a MASTER of lower priority alone.",
       .apply = [](Call& call) { call.instance().nopreempt = {true, call.statement.place()}; }},
      {.name = "preempt",
       .where = kHere,
       .doc = "A BACKUP of higher priority takes over: the default.",
       .apply = [](Call& call) { call.instance().nopreempt = {false, call.statement.place()}; }},
      {.name = "preempt_delay",
       .where = kHere,
       .takes = {seconds(0, 1000)},
       .otherwise = "0",
       .doc = "Seconds to wait before taking over from a MASTER of lower priority.",
       .apply = [](Call& call) { set(call.instance().preempt_delay, call.value()); }},
  };
}

std::vector<Keyword> address_rows() {
  return {
      {.name = "virtual_ipaddress",
       .where = kHere,
       .doc = "The addresses, one a line: ADDRESS[/LENGTH] [dev INTERFACE] [label NAME].",
       .opens = Block::kAddresses,
       .repeats = true},
      {.where = Block::kAddresses,
       .takes = {rest("an address")},
       .repeats = true,
       .apply = [](Call& call) { add_virtual_address(call, call.instance().addresses); }},
      {.name = "virtual_ipaddress_excluded",
       .where = kHere,
       .doc = "Addresses that are held with the others, but not advertised.",
       .opens = Block::kExcludedAddresses,
       .repeats = true},
      {.where = Block::kExcludedAddresses,
       .takes = {rest("an address")},
       .repeats = true,
       .apply = [](Call& call) { add_virtual_address(call, call.instance().excluded_addresses); }},
      {.name = "mcast_dst_ip",
       .where = kHere,
       .takes = {address()},
       .otherwise = "vrrp_mcast_group4 of global_defs",
       .doc = "A multicast group of its own.",
       .apply = set_multicast_group},
      {.name = "authentication",
       .where = kHere,
       .doc = "A password that all hosts share, in clear text on the network.",
       .opens = Block::kAuthentication,
       .apply = [](Call& call) { call.instance().authentication.statement = &call.statement; }},
      {.name = "auth_type",
       .where = Block::kAuthentication,
       .takes = {word("PASS")},
       .doc = "The kind of authentication.",
       .apply = set_authentication_type},
      {.name = "auth_pass",
       .where = Block::kAuthentication,
       .takes = {word("a password")},
       .doc = "The password, up to 8 bytes.",
       .apply = set_password},
  };
}

std::vector<Keyword> garp_rows() {
  return {
      {.name = "garp_master_delay",
       .where = kHere,
       .takes = {number(0, kSecondsMax)},
       .otherwise = "vrrp_garp_master_delay",
       .doc = "Seconds from the first to the second batch of gratuitous ARP; 0: no second one.",
       .apply = [](Call& call) { set(call.instance().garp.delay_s, call.value()); }},
      {.name = "garp_master_repeat",
       .where = kHere,
       .takes = {number(1, 255)},
       .otherwise = "vrrp_garp_master_repeat",
       .doc = "Gratuitous ARP messages for each address in a batch.",
       .apply = [](Call& call) { set(call.instance().garp.repeat, call.value()); }},
      {.name = "garp_master_refresh",
       .where = kHere,
       .takes = {number(0, kSecondsMax)},
       .otherwise = "vrrp_garp_master_refresh",
       .doc = "Seconds between periodic batches of gratuitous ARP while MASTER; 0: none.",
       .apply = [](Call& call) { set(call.instance().garp.refresh_s, call.value()); }},
      {.name = "garp_master_refresh_repeat",
       .where = kHere,
       .takes = {number(1, 255)},
       .otherwise = "vrrp_garp_master_refresh_repeat",
       .doc = "Messages for each address in a periodic batch.",
       .apply = [](Call& call) { set(call.instance().garp.refresh_repeat, call.value()); }},
  };
}

std::vector<Keyword> event_rows() {
  return {
      {.name = "track_script",
       .where = kHere,
       .doc = "The vrrp_scripts that matter, one a line: NAME [weight N [reverse]].",
       .opens = Block::kTrackedScripts,
       .repeats = true},
      {.where = Block::kTrackedScripts,
       .takes = {rest("a name")},
       .repeats = true,
       .apply = add_tracked_script},
      {.name = "notify_master",
       .where = kHere,
       .takes = {command()},
       .doc = "Runs when the router becomes MASTER.",
       .apply = [](Call& call) { set(call.instance().notify.master, call.value()); }},
      {.name = "notify_backup",
       .where = kHere,
       .takes = {command()},
       .doc = "Runs when the router becomes BACKUP.",
       .apply = [](Call& call) { set(call.instance().notify.backup, call.value()); }},
      {.name = "notify_fault",
       .where = kHere,
       .takes = {command()},
       .doc = "Runs when the router enters FAULT.",
       .apply = [](Call& call) { set(call.instance().notify.fault, call.value()); }},
      {.name = "notify_stop",
       .where = kHere,
       .takes = {command()},
       .doc = "Runs when the service stops.",
       .apply = [](Call& call) { set(call.instance().notify.stop, call.value()); }},
      {.name = "notify",
       .where = kHere,
       .takes = {command()},
       .doc = "Runs at every change, with INSTANCE, the name, the state and the priority appended.",
       .apply = [](Call& call) { set(call.instance().notify.any, call.value()); }},
      {.name = "smtp_alert",
       .where = kHere,
       .takes = {on_or_off()},
       .otherwise = "smtp_alert_vrrp of global_defs",
       .doc = "Whether changes of state are mailed.",
       .apply = [](Call& call) { set(call.instance().smtp_alert, call.value()); }},
  };
}

std::vector<Keyword> later_rows() {
  return {
      not_yet("use_vmac", kHere, "addresses keep the interface's own MAC address"),
      not_yet("vmac_xmit_base", kHere, "addresses keep the interface's own MAC address"),
      not_yet("unicast_peer", kHere, "advertisements go to a multicast group only",
              Severity::kError, Block::kUnknown),
      not_yet("unicast_src_ip", kHere, "advertisements go to a multicast group only"),
      not_yet("mcast_src_ip", kHere, "advertisements leave from the interface's first address"),
      not_yet("track_interface", kHere, "the instance's own interface is always tracked",
              Severity::kError, Block::kUnknown),
      not_yet("track_process", kHere, "a vrrp_script with `pgrep` does the same", Severity::kError,
              Block::kUnknown),
      not_yet("track_file", kHere, "a vrrp_script that reads the file does the same",
              Severity::kError, Block::kUnknown),
      not_yet("virtual_routes", kHere, "only virtual addresses are managed", Severity::kError,
              Block::kUnknown),
      not_yet("virtual_rules", kHere, "only virtual addresses are managed", Severity::kError,
              Block::kUnknown),
      not_yet("dont_track_primary", kHere, "the instance's own interface is always tracked"),
      not_yet("strict_mode", kHere, "the rules of the RFC that it adds are not checked yet"),
      not_yet("include", kHere, "one file is read, so that it is clear what was compiled"),
      no_effect("skip_check_adv_addr", kHere,
                "an advertisement is never dropped for its list of addresses"),
  };
}

}  // namespace

std::vector<Keyword> instance_keywords() {
  std::vector<Keyword> all;
  for (auto rows :
       {identity_rows(), timing_rows(), address_rows(), garp_rows(), event_rows(), later_rows()}) {
    all.insert(all.end(), rows.begin(), rows.end());
  }
  return all;
}

}  // namespace holdfast::config
