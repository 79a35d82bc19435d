// Rows of `vrrp_instance`: what it is, and when it takes over.
#include <array>

#include "config/catalogue.h"
#include "config/rows.h"

namespace holdfast::config {
namespace {

constexpr Block kHere = Block::kInstance;

void begin_instance(Call& call) {
  call.model.instances.emplace_back();
  call.instance().contents = contents_of(call);
  set_name(call.instance().name, call);
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

std::vector<Keyword> identity_rows() {
  constexpr Rows kRow{kHere};
  Keyword state = kRow("state", {word("MASTER or BACKUP")}, "BACKUP",
                       "How to start: with MASTER the router waits for one advertisement only.",
                       "engine.pb routers.starts_eager", set_state);
  state.takes.front().shown = "MASTER|BACKUP";
  return {
      {.name = "vrrp_instance",
       .takes = {word("a name")},
       .doc = "A virtual router: addresses that one of several hosts holds.",
       .into = "engine.pb, net.pb and notifier.pb routers",
       .opens = kHere,
       .repeats = true,
       .apply = begin_instance},
      state,
      kRow("interface", {interface_name()}, {},
           "Where advertisements are sent, and addresses without `dev` are held.",
           "engine.pb and net.pb routers.interface",
           [](Call& call) { set(call.instance().interface, call.value()); }),
      kRow("virtual_router_id", {number(1, 255)}, {},
           "The number that tells virtual routers on one network apart.",
           "engine.pb and net.pb routers.vrid",
           [](Call& call) { set(call.instance().vrid, call.value()); }),
      kRow("priority", {number(1, 255)}, "100, or 255 with `state MASTER`",
           "The highest priority becomes MASTER; 255 is for the owner of the addresses.",
           "engine.pb routers.priority",
           [](Call& call) { set(call.instance().priority, call.value()); }),
      no_effect(kHere, "keepalived does not use it either")(
          "debug", {optional(number(0, 4))}, "0", "A level of debugging that changes nothing."),
      not_yet(kHere, "virtual routers are of IPv4 only")(
          "native_ipv6", {}, {}, "Makes a router of IPv6 that has no addresses yet."),
  };
}

std::vector<Keyword> timing_rows() {
  constexpr Rows kRow{kHere};
  const Keyword stalled =
      no_effect(kHere, "an engine that stalls loses its lease, and with it the addresses")(
          "timer_expired_backup", {optional(number(1, 255))}, "254",
          "Steps back to BACKUP when the process was late.");
  return {
      kRow("advert_int", {seconds(0.01, 255)}, "1",
           "Seconds between advertisements, the same on every host: whole ones with version 2, "
           "steps of 0.01 up to 40.95 with version 3.",
           "engine.pb and net.pb routers.advert_interval_ms",
           [](Call& call) { set(call.instance().advert_interval, call.value()); }),
      kRow("nopreempt", {}, "to preempt", "A BACKUP leaves a MASTER of lower priority alone.",
           "engine.pb routers.preempt",
           [](Call& call) { call.instance().nopreempt = {true, call.statement.place()}; }),
      kRow("preempt", {}, "to preempt", "A BACKUP of higher priority takes over: the default.",
           "engine.pb routers.preempt",
           [](Call& call) { call.instance().nopreempt = {false, call.statement.place()}; }),
      kRow("preempt_delay", {seconds(0, 1000)}, "0",
           "Seconds to wait before taking over from a MASTER of lower priority.",
           "engine.pb routers.preempt_delay_ms",
           [](Call& call) { set(call.instance().preempt_delay, call.value()); }),
      stalled,
      formerly("thread_timer_expired", stalled),
  };
}

}  // namespace

std::vector<Keyword> instance_keywords() {
  std::vector<Keyword> all = identity_rows();
  append(all, timing_rows());
  return all;
}

}  // namespace holdfast::config
