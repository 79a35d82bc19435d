// Rows of the root of the file and of `global_defs`.
#include "config/catalogue.h"
#include "config/rows.h"

namespace holdfast::config {
namespace {

constexpr int64_t kSecondsMax = 86400;
constexpr Block kHere = Block::kGlobalDefs;

void add_mail_addresses(Call& call) {
  for (const Word& recipient : call.statement.words) {
    call.global().mail.to.push_back({recipient.text, recipient.place});
  }
}

void set_multicast_group(Call& call) {
  set(call.global().multicast_group, call.value());
  if (call.value().address.is_multicast()) return;
  call.diagnostics.report<kNotMulticast>(call.value().place, call.value().address.text())
      .help("VRRP's own group is 224.0.0.18");
}

std::vector<Keyword> root_rows() {
  return {
      {.name = "global_defs",
       .doc = "Settings of the whole system, and defaults of every vrrp_instance.",
       .opens = Block::kGlobalDefs,
       .repeats = true},
      not_yet("vrrp_sync_group", Block::kRoot, "groups that change state together come later",
              Severity::kError, Block::kUnknown),
      not_yet("virtual_server", Block::kRoot, "IPVS is not driven yet", Severity::kError,
              Block::kUnknown),
      not_yet("virtual_server_group", Block::kRoot, "IPVS is not driven yet", Severity::kError,
              Block::kUnknown),
      not_yet("vrrp_track_process", Block::kRoot, "a vrrp_script with `pgrep` does the same",
              Severity::kError, Block::kUnknown),
      not_yet("track_file", Block::kRoot, "a vrrp_script that reads the file does the same",
              Severity::kError, Block::kUnknown),
      not_yet("bfd_instance", Block::kRoot, "there is no BFD yet", Severity::kError,
              Block::kUnknown),
      not_yet("static_ipaddress", Block::kRoot, "only virtual addresses are managed",
              Severity::kError, Block::kUnknown),
      not_yet("static_routes", Block::kRoot, "only virtual addresses are managed", Severity::kError,
              Block::kUnknown),
      not_yet("static_rules", Block::kRoot, "only virtual addresses are managed", Severity::kError,
              Block::kUnknown),
      not_yet("garp_group", Block::kRoot, "gratuitous ARP is not paced between interfaces",
              Severity::kError, Block::kUnknown),
      not_yet("include", Block::kRoot, "one file is read, so that it is clear what was compiled"),
  };
}

std::vector<Keyword> mail_rows() {
  return {
      {.name = "notification_email",
       .where = kHere,
       .doc = "Who gets mail when an instance with smtp_alert changes state, one a line.",
       .opens = Block::kMailAddresses,
       .repeats = true},
      {.where = Block::kMailAddresses,
       .takes = {rest("a mail address")},
       .repeats = true,
       .apply = add_mail_addresses},
      {.name = "notification_email_from",
       .where = kHere,
       .takes = {word("a mail address")},
       .otherwise = "keepalived@ and the host's name",
       .doc = "Who the mail is from.",
       .apply = [](Call& call) { set(call.global().mail.from, call.value()); }},
      {.name = "smtp_server",
       .where = kHere,
       .takes = {word("a host"), optional(number(1, 65535))},
       .otherwise = "none; port 25",
       .doc = "The mail server, by name or address, and its port.",
       .apply =
           [](Call& call) {
             set(call.global().mail.server, call.value());
             if (call.statement.words.size() > 2) set(call.global().mail.port, call.value(1));
           }},
      {.name = "smtp_connect_timeout",
       .where = kHere,
       .takes = {seconds(0.001, kSecondsMax)},
       .otherwise = "30",
       .doc = "How long to wait for the mail server.",
       .apply = [](Call& call) { set(call.global().mail.connect_timeout, call.value()); }},
      {.name = "smtp_helo_name",
       .where = kHere,
       .takes = {word("a host name")},
       .otherwise = "the host's name",
       .doc = "The name that greets the mail server.",
       .apply = [](Call& call) { set(call.global().mail.helo_name, call.value()); }},
      {.name = "smtp_alert",
       .where = kHere,
       .takes = {on_or_off()},
       .otherwise = "off",
       .doc = "Whether every change of state is mailed, unless something says otherwise.",
       .apply = [](Call& call) { set(call.global().smtp_alert, call.value()); }},
      {.name = "smtp_alert_vrrp",
       .where = kHere,
       .takes = {on_or_off()},
       .otherwise = "as smtp_alert",
       .doc = "Whether changes of state of instances are mailed.",
       .apply = [](Call& call) { set(call.global().smtp_alert_vrrp, call.value()); }},
  };
}

std::vector<Keyword> vrrp_rows() {
  return {
      {.name = "router_id",
       .where = kHere,
       .takes = {word("a name")},
       .otherwise = "the host's name",
       .doc = "The name of this system in mails and in the status.",
       .apply = [](Call& call) { set(call.global().router_id, call.value()); }},
      {.name = "vrrp_mcast_group4",
       .where = kHere,
       .takes = {address()},
       .otherwise = "224.0.0.18",
       .doc = "The multicast group of advertisements over IPv4.",
       .apply = set_multicast_group},
      {.name = "vrrp_garp_master_delay",
       .where = kHere,
       .takes = {number(0, kSecondsMax)},
       .otherwise = "5",
       .doc = "Seconds from the first to the second batch of gratuitous ARP; 0: no second one.",
       .apply = [](Call& call) { set(call.global().garp.delay_s, call.value()); }},
      {.name = "vrrp_garp_master_repeat",
       .where = kHere,
       .takes = {number(1, 255)},
       .otherwise = "5",
       .doc = "Gratuitous ARP messages for each address in a batch.",
       .apply = [](Call& call) { set(call.global().garp.repeat, call.value()); }},
      {.name = "vrrp_garp_master_refresh",
       .where = kHere,
       .takes = {number(0, kSecondsMax)},
       .otherwise = "0",
       .doc = "Seconds between periodic batches of gratuitous ARP while MASTER; 0: none.",
       .apply = [](Call& call) { set(call.global().garp.refresh_s, call.value()); }},
      {.name = "vrrp_garp_master_refresh_repeat",
       .where = kHere,
       .takes = {number(1, 255)},
       .otherwise = "1",
       .doc = "Messages for each address in a periodic batch.",
       .apply = [](Call& call) { set(call.global().garp.refresh_repeat, call.value()); }},
      {.name = "vrrp_down_timer_adverts",
       .where = kHere,
       .takes = {number(1, 100)},
       .otherwise = "3",
       .doc = "How many advertisements must be missing before a BACKUP takes over.",
       .apply = [](Call& call) { set(call.global().down_timer_adverts, call.value()); }},
      {.name = "vrrp_version",
       .where = kHere,
       .takes = {number(2, 3)},
       .otherwise = "2",
       .doc = "The version of VRRP.",
       .apply =
           [](Call& call) {
             if (call.value().number == 3)
               call.diagnostics.report<kUnsupported>(call.value().place, "VRRP version 3");
           }},
  };
}

std::vector<Keyword> other_rows() {
  return {
      no_effect("vrrp_skip_check_adv_addr", kHere,
                "an advertisement is never dropped for its list of addresses"),
      no_effect("enable_script_security", kHere,
                "no script runs as root, so there is nothing to refuse"),
      {.name = "script_user",
       .where = kHere,
       .takes = {user(), optional(group())},
       .doc = "Whom scripts run as.",
       .support = Support::kNotYet,
       .ignoring = Severity::kWarning,
       .why = "scripts run as the unprivileged user of the service"},
      obsolete("lvs_id", kHere, "it was the name of this system before keepalived 1.1",
               "write `router_id`"),
      not_yet("vrrp_strict", kHere, "the rules of the RFC that it adds are not checked yet"),
      not_yet("vrrp_mcast_group6", kHere, "VRRP version 2 carries IPv4 addresses only"),
      not_yet("notify_fifo", kHere, "events go to scripts and mail so far"),
      not_yet("vrrp_notify_fifo", kHere, "events go to scripts and mail so far"),
      not_yet("enable_snmp_vrrp", kHere, "there is no SNMP agent"),
      not_yet("enable_dbus", kHere, "there is no D-Bus interface"),
      not_yet("vrrp_garp_interval", kHere, "gratuitous ARP is not paced"),
      not_yet("vrrp_gna_interval", kHere, "VRRP version 2 carries IPv4 addresses only"),
      not_yet("include", kHere, "one file is read, so that it is clear what was compiled"),
  };
}

}  // namespace

std::vector<Keyword> global_keywords() {
  std::vector<Keyword> all;
  for (auto rows : {root_rows(), mail_rows(), vrrp_rows(), other_rows()}) {
    all.insert(all.end(), rows.begin(), rows.end());
  }
  return all;
}

}  // namespace holdfast::config
