// Rows of `vrrp_instance` that have a default in `global_defs`.
#include "config/catalogue.h"
#include "config/rows.h"

namespace holdfast::config {
namespace {

constexpr Block kGlobal = Block::kGlobalDefs;
constexpr Block kOwn = Block::kInstance;
constexpr int64_t kSecondsMax = 86400;
constexpr int64_t kRepeatMax = 255;
constexpr std::string_view kInherited = "as in global_defs";

constexpr auto kAll = std::to_array<std::string_view>({"all"});

using Apply = void (*)(Call&);

// The same row in both blocks, by its two names.
std::vector<Keyword> both(std::string_view global_name, std::string_view own_name, Keyword row,
                          Apply apply_global = nullptr, Apply apply_own = nullptr) {
  Keyword own = row;
  row.where = kGlobal;
  row.name = global_name;
  row.apply = apply_global;
  own.where = kOwn;
  own.name = own_name;
  own.apply = apply_own;
  own.otherwise = kInherited;
  return {std::move(row), std::move(own)};
}

Keyword working(Argument argument, std::string_view otherwise, std::string_view doc,
                std::string_view into) {
  return Rows{kGlobal}({}, {argument}, otherwise, doc, into, nullptr);
}

std::vector<Keyword> garp_rows() {
  std::vector<Keyword> all;
  append(all, both(
                  "vrrp_garp_master_delay", "garp_master_delay",
                  working(number(0, kSecondsMax), "5",
                          "Seconds from the first to the second batch of gratuitous ARP; 0: no "
                          "second one.",
                          "engine.pb routers.garp.delay_ms"),
                  [](Call& call) { set(call.global().garp.delay_s, call.value()); },
                  [](Call& call) { set(call.instance().garp.delay_s, call.value()); }));
  append(all, both(
                  "vrrp_garp_master_repeat", "garp_master_repeat",
                  working(number(1, kRepeatMax), "5",
                          "Gratuitous ARP messages for each address in a batch.",
                          "engine.pb routers.garp.repeat"),
                  [](Call& call) { set(call.global().garp.repeat, call.value()); },
                  [](Call& call) { set(call.instance().garp.repeat, call.value()); }));
  append(all, both(
                  "vrrp_garp_master_refresh", "garp_master_refresh",
                  working(number(0, kSecondsMax), "0",
                          "Seconds between periodic batches of gratuitous ARP while MASTER; 0: "
                          "none.",
                          "engine.pb routers.garp.refresh_ms"),
                  [](Call& call) { set(call.global().garp.refresh_s, call.value()); },
                  [](Call& call) { set(call.instance().garp.refresh_s, call.value()); }));
  append(all,
         both(
             "vrrp_garp_master_refresh_repeat", "garp_master_refresh_repeat",
             working(number(1, kRepeatMax), "1", "Messages for each address in a periodic batch.",
                     "engine.pb routers.garp.refresh_repeat"),
             [](Call& call) { set(call.global().garp.refresh_repeat, call.value()); },
             [](Call& call) { set(call.instance().garp.refresh_repeat, call.value()); }));
  all.push_back(Rows{kGlobal}(
      "vrrp_min_garp", {on_or_off()}, "off",
      "One gratuitous ARP message for each address and no second batch, unless told otherwise.",
      "engine.pb routers.garp", [](Call& call) { set(call.global().minimal_garp, call.value()); }));
  return all;
}

std::vector<Keyword> lower_priority_rows() {
  const auto garp = not_yet(
      kGlobal, "a MASTER that hears a lower priority announces its addresses as at its start",
      Severity::kWarning);
  const auto advert = not_yet(kGlobal, "an election sends the advertisements that the RFC asks for",
                              Severity::kWarning);
  const Keyword extra = not_yet(kGlobal, "gratuitous ARP goes where the address is held",
                                Severity::kWarning)(
      {}, {optional(choice(kAll)), number(0, kSecondsMax)}, "0 or off",
      "Seconds between gratuitous ARP on interfaces of addresses that are not the router's own.");
  std::vector<Keyword> all;
  append(all, both("vrrp_garp_lower_prio_delay", "garp_lower_prio_delay",
                   garp({}, {number(0, kSecondsMax)}, "as garp_master_delay",
                        "Seconds to a second batch of gratuitous ARP after an advertisement of "
                        "lower priority.")));
  append(all, both("vrrp_garp_lower_prio_repeat", "garp_lower_prio_repeat",
                   garp({}, {number(0, kRepeatMax)}, "as garp_master_repeat",
                        "Gratuitous ARP messages after an advertisement of lower priority.")));
  append(all, both("vrrp_garp_extra_if", "garp_extra_if", extra));
  append(all, {formerly("vrrp_vmac_garp_intvl", all[all.size() - 2]),
               formerly("vmac_garp_intvl", all[all.size() - 1])});
  append(all, both("vrrp_lower_prio_no_advert", "lower_prio_no_advert",
                   advert({}, {on_or_off()}, "off",
                          "Whether a MASTER leaves an advertisement of lower priority "
                          "unanswered.")));
  append(all, both("vrrp_higher_prio_send_advert", "higher_prio_send_advert",
                   advert({}, {on_or_off()}, "off",
                          "Whether a MASTER that yields advertises once more.")));
  return all;
}

std::vector<Keyword> protocol_rows() {
  std::vector<Keyword> all;
  append(all, both(
                  "vrrp_version", "version",
                  working(number(2, 3), "2",
                          "The version of VRRP, the same on every host: 3 has parts of a second "
                          "in advert_int, and no authentication.",
                          "engine.pb routers.version, net.pb routers.advertisement"),
                  [](Call& call) { set(call.global().version, call.value()); },
                  [](Call& call) { set(call.instance().version, call.value()); }));
  append(all, both(
                  "vrrp_down_timer_adverts", "down_timer_adverts",
                  working(number(1, 100), "3",
                          "How many advertisements must be missing before a BACKUP takes over.",
                          "engine.pb routers.down_timer_adverts"),
                  [](Call& call) { set(call.global().down_timer_adverts, call.value()); },
                  [](Call& call) { set(call.instance().down_timer_adverts, call.value()); }));
  const auto strict = not_yet(kGlobal, "the rules of the RFC that it adds are not checked yet");
  append(all, in({kGlobal},
                 strict("vrrp_strict", {}, "not strict", "Refuses what the RFC does not allow.")));
  Keyword own_strict = strict("strict_mode", {on_or_off()}, kInherited,
                              "Whether what the RFC does not allow is refused.");
  own_strict.apply = [](Call& call) {
    call.instance().strict = {call.value().on, call.statement.place()};
  };
  append(all, in({kOwn}, own_strict));
  append(all,
         both("vrrp_skip_check_adv_addr", "skip_check_adv_addr",
              no_effect(kGlobal, "an advertisement is never dropped for its list of addresses")(
                  {}, {on_or_off()}, "off",
                  "Whether the addresses of an advertisement are compared only when its "
                  "sender is new.")));
  append(all,
         both("vrrp_check_unicast_src", "check_unicast_src",
              not_yet(kGlobal, "advertisements go to a multicast group only", Severity::kWarning)(
                  {}, {on_or_off()}, "off",
                  "Whether an advertisement must come from one of unicast_peer.")));
  append(all, both("vrrp_owner_ignore_adverts", "owner_ignore_adverts",
                   not_yet(kGlobal, "an owner listens to advertisements as the RFC says")(
                       {}, {on_or_off()}, "off",
                       "Whether a router with priority 255 ignores what others advertise.")));
  append(all, both(
                  "v3_checksum_as_v2", "v3_checksum_as_v2",
                  working(on_or_off(), "off",
                          "Whether the checksum that version 3 sends covers the message alone "
                          "(RFC 9568), not the addresses of its packet as well (RFC 5798). Both "
                          "are accepted.",
                          "net.pb routers.advertisement and routers.checksum_adds_source"),
                  [](Call& call) { set(call.global().v3_checksum_as_v2, call.value()); },
                  [](Call& call) { set(call.instance().v3_checksum_as_v2, call.value()); }));
  append(all, both("vrrp_notify_priority_changes", "notify_priority_changes",
                   not_yet(kGlobal, "changes of priority alone are not told to scripts",
                           Severity::kWarning)(
                       {}, {on_or_off()}, "off",
                       "Whether a change of priority is notified like a change of state.")));
  return all;
}

}  // namespace

std::vector<Keyword> default_keywords() {
  std::vector<Keyword> all = protocol_rows();
  append(all, garp_rows());
  append(all, lower_priority_rows());
  return all;
}

}  // namespace holdfast::config
