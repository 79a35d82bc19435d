#include "config/router_difference.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "common/ipv4.h"
#include "config/diagnostics.h"

namespace holdfast::config {
namespace {

using compiled::Authentication;
using compiled::Command;

constexpr uint32_t kOwnerPriority = 255;

std::string bytes_words(const std::string& bytes) {
  const auto address = Ipv4::from_bytes(bytes);
  return address ? address->text() : "?";
}

using Addresses = std::vector<std::string>;

Addresses words_of(const auto& list, const std::string& interface) {
  Addresses result;
  for (const compiled::Address& one : list) {
    result.push_back(
        fmt::format("{}/{} on {}", bytes_words(one.address()), one.prefix_length(),
                    plain_words(one.interface().empty() ? interface : one.interface())));
  }
  return result;
}

Addresses advertised_of(const RouterParts& router) {
  return words_of(router.engine->advertised(), router.engine->interface());
}

Addresses all_of(const RouterParts& router) {
  return words_of(router.net->addresses(), router.net->interface());
}

Addresses without(const Addresses& all, const Addresses& others) {
  Addresses result;
  std::ranges::copy_if(all, std::back_inserter(result), [&others](const std::string& one) {
    return std::ranges::find(others, one) == others.end();
  });
  return result;
}

class Comparison {
 public:
  Comparison(const RouterParts& before, const RouterParts& next) : before_(before), next_(next) {}

  std::vector<std::string> run() {
    restarts_ = compare_identity();
    compare_election();
    compare_authentication();
    compare_checksum();
    compare_addresses();
    compare_trackers();
    compare_announcements();
    compare_notifications();
    compare_limits();
    if (changes_.empty() && is_otherwise()) {
      changes_.emplace_back("something else of it changes, which this version does not know");
    }
    return std::move(changes_);
  }

 private:
  template <class... Args>
  void say(fmt::format_string<Args...> format, Args&&... args) {
    changes_.push_back(fmt::format(format, std::forward<Args>(args)...));
  }
  // A change in place and what it does; nothing but the change for a router that starts anew.
  void say_effect(std::string change, std::string_view effect) {
    changes_.push_back(restarts_ ? std::move(change) : fmt::format("{}{}", change, effect));
  }

  // What makes it another router to its peers.
  bool compare_identity() {
    const auto& old_engine = *before_.engine;
    const auto& new_engine = *next_.engine;
    Addresses what;
    const auto note = [&what](std::string_view name, const auto& old_value, const auto& new_value) {
      if (old_value != new_value)
        what.push_back(fmt::format("{} {} -> {}", name, old_value, new_value));
    };
    note("interface", plain_words(old_engine.interface()), plain_words(new_engine.interface()));
    note("VRID", old_engine.vrid(), new_engine.vrid());
    note("VRRP version", old_engine.version(), new_engine.version());
    note("multicast group", bytes_words(old_engine.multicast_group()),
         bytes_words(new_engine.multicast_group()));
    if (what.empty()) return false;
    say("{}: it is stopped and started (peers take over meanwhile)", fmt::join(what, ", "));
    return true;
  }

  void compare_election() {
    const auto& old_engine = *before_.engine;
    const auto& new_engine = *next_.engine;
    if (old_engine.priority() != new_engine.priority()) {
      say_effect(fmt::format("priority {} -> {}", old_engine.priority(), new_engine.priority()),
                 new_engine.priority() == kOwnerPriority
                     ? " at the next advertisement, no transition by itself; checks move it no more"
                     : " at the next advertisement, no transition by itself");
    }
    if (old_engine.advert_interval_ms() != new_engine.advert_interval_ms()) {
      say_effect(fmt::format("advertisement interval {} -> {}",
                             time_words(old_engine.advert_interval_ms()),
                             time_words(new_engine.advert_interval_ms())),
                 new_engine.version() == 2
                     ? " at once; peers with another interval discard its advertisements"
                     : " at once; where it is Active its peers learn it, as it does from them");
    }
    if (old_engine.down_timer_adverts() != new_engine.down_timer_adverts()) {
      say_effect(fmt::format("takes over after {} -> {} silent intervals",
                             old_engine.down_timer_adverts(), new_engine.down_timer_adverts()),
                 ", from the next advertisement that it hears");
    }
    if (old_engine.preempt() != new_engine.preempt()) {
      changes_.emplace_back(new_engine.preempt()
                                ? "preempts a lower priority from now on, at its next advertisement"
                                : "no longer preempts a lower priority");
    }
    if (old_engine.preempt_delay_ms() != new_engine.preempt_delay_ms()) {
      say("waits {} -> {} before it preempts", time_words(old_engine.preempt_delay_ms()),
          time_words(new_engine.preempt_delay_ms()));
    }
    if (old_engine.starts_eager() != new_engine.starts_eager()) {
      say_effect(
          fmt::format("`state {}` -> `state {}`", old_engine.starts_eager() ? "MASTER" : "BACKUP",
                      new_engine.starts_eager() ? "MASTER" : "BACKUP"),
          ", which counts at its next start only");
    }
  }

  void compare_authentication() {
    const Authentication& old_one = before_.engine->authentication();
    const Authentication& new_one = next_.engine->authentication();
    constexpr std::string_view kEffect =
        " at once; peers that do not change with it discard its advertisements and it theirs";
    if (old_one.type() != new_one.type()) {
      const bool begins = new_one.type() != Authentication::TYPE_UNSPECIFIED;
      say_effect(begins ? "authentication begins" : "authentication ends", kEffect);
    } else if (old_one.data() != new_one.data()) {
      say_effect("the password changes", kEffect);
    }
  }

  // Version 2 has one form.
  void compare_checksum() {
    const bool before = before_.net->checksum_adds_source();
    const bool next = next_.net->checksum_adds_source();
    if (before == next || before_.engine->version() != next_.engine->version()) return;
    if (next) {
      say_effect("its checksum covers the addresses of its packets as well (RFC 5798)",
                 ", from the next advertisement on; peers that know RFC 9568 alone discard it");
    } else {
      say_effect("its checksum covers the message alone (RFC 9568)",
                 ", from the next advertisement on; keepalived without `v3_checksum_as_v2` "
                 "discards it");
    }
  }

  void compare_addresses() {
    const auto old_shown = advertised_of(before_);
    const auto new_shown = advertised_of(next_);
    const auto old_all = all_of(before_);
    const auto new_all = all_of(next_);
    const auto old_excluded = without(old_all, old_shown);
    const auto new_excluded = without(new_all, new_shown);
    for (const std::string& address : without(new_all, old_all)) {
      const bool excluded = std::ranges::find(new_shown, address) == new_shown.end();
      say_effect(fmt::format("address {} added{}", address, excluded ? " (not advertised)" : ""),
                 ": announced at once where it is Active");
    }
    for (const std::string& address : without(old_all, new_all)) {
      say_effect(fmt::format("address {} removed", address), ": taken away at once");
    }
    const auto moved = [&](const Addresses& from, const Addresses& to, std::string_view words) {
      for (const std::string& address : from) {
        if (std::ranges::find(to, address) != to.end()) say("address {} {}", address, words);
      }
    };
    moved(old_shown, new_excluded, "stays, but is advertised no more");
    moved(old_excluded, new_shown, "stays, and is advertised now");
    const auto stays = [](const Addresses& one, const Addresses& other) {
      return without(one, without(one, other));
    };
    if (stays(old_shown, new_shown) != stays(new_shown, old_shown)) {
      changes_.emplace_back(
          "the order of the advertised addresses changes, which peers may remark");
    }
  }

  using Trackers = std::map<std::string, std::string>;

  static Trackers trackers_of(const RouterParts& router) {
    Trackers result;
    for (const auto& tracker : router.engine->trackers()) {
      const auto check = std::ranges::find(router.config->engine.checks(), tracker.check_id(),
                                           &compiled::Check::id);
      const bool known = check != router.config->engine.checks().end();
      const std::string_view sign = tracker.reverse() ? " reverse" : "";
      result[known ? check->name() : "?"] = tracker.weight() != 0
                                                ? fmt::format("weight {}{}", tracker.weight(), sign)
                                            : tracker.reverse() ? "success is a fault"
                                                                : "a failure is a fault";
    }
    return result;
  }

  void compare_trackers() {
    const Trackers old_ones = trackers_of(before_);
    const Trackers new_ones = trackers_of(next_);
    for (const auto& [name, words] : new_ones) {
      const auto old_one = old_ones.find(name);
      if (old_one == old_ones.end()) {
        say_effect(fmt::format("tracks check {} now ({})", plain_words(name), words),
                   ", as soon as that has a verdict");
      } else if (old_one->second != words) {
        say_effect(fmt::format("check {}: {} -> {}", plain_words(name), old_one->second, words),
                   ", counted anew at once");
      }
    }
    for (const auto& [name, words] : old_ones) {
      if (new_ones.contains(name)) continue;
      say_effect(fmt::format("no longer tracks check {} ({})", plain_words(name), words),
                 ", counted anew at once");
    }
  }

  void compare_announcements() {
    const auto& old_garp = before_.engine->garp();
    const auto& new_garp = next_.engine->garp();
    if (old_garp.SerializeAsString() == new_garp.SerializeAsString()) return;
    const auto words = [](const compiled::GratuitousArp& garp) {
      std::string text = fmt::format("{} times", garp.repeat());
      if (garp.delay_ms() > 0) text += fmt::format(", again after {}", time_words(garp.delay_ms()));
      if (garp.refresh_ms() > 0) {
        text += fmt::format(", {} times every {}", garp.refresh_repeat(),
                            time_words(garp.refresh_ms()));
      }
      return text;
    };
    say_effect(fmt::format("announces its addresses {} -> {}", words(old_garp), words(new_garp)),
               ", from the next announcement on");
  }

  void compare_notifications() {
    const auto& old_one = *before_.notifier;
    const auto& new_one = *next_.notifier;
    notification("notify_master", old_one.notify_master(), new_one.notify_master());
    notification("notify_backup", old_one.notify_backup(), new_one.notify_backup());
    notification("notify_fault", old_one.notify_fault(), new_one.notify_fault());
    notification("notify_stop", old_one.notify_stop(), new_one.notify_stop());
    notification("notify", old_one.notify(), new_one.notify());
    if (old_one.smtp_alert() != new_one.smtp_alert()) {
      changes_.emplace_back(new_one.smtp_alert() ? "mails each transition from now on"
                                                 : "mails no transition any more");
    }
  }

  void notification(std::string_view name, const Command& old_one, const Command& new_one) {
    if (same_work(old_one, new_one)) return;
    say("{} {} -> {}, from the next transition on", name, command_words(old_one),
        command_words(new_one));
  }

  // What the helper lets the engine do.
  void compare_limits() {
    const compiled::NetRouter& old_one = *before_.net;
    const compiled::NetRouter& new_one = *next_.net;
    const auto say_time = [this](std::string_view what, uint32_t old_ms, uint32_t new_ms) {
      if (old_ms != new_ms) say("{} {} -> {}", what, time_words(old_ms), time_words(new_ms));
    };
    say_time("a lease of its engine lasts at most", old_one.lease_limit_ms(),
             new_one.lease_limit_ms());
    say_time("after a planned stop it answers for at most", old_one.resign_linger_limit_ms(),
             new_one.resign_linger_limit_ms());
    if (old_one.kernel_lease_s() != new_one.kernel_lease_s()) {
      say("the kernel keeps its addresses for {} s -> {} s when all of holdfast is dead",
          old_one.kernel_lease_s(), new_one.kernel_lease_s());
    }
    if (old_one.announce_limit() != new_one.announce_limit()) {
      say("may announce an address {} -> {} times at once", old_one.announce_limit(),
          new_one.announce_limit());
    }
    if (old_one.priority_min() != new_one.priority_min() ||
        old_one.priority_max() != new_one.priority_max()) {
      say("may advertise priorities {} to {} -> {} to {}", old_one.priority_min(),
          old_one.priority_max(), new_one.priority_min(), new_one.priority_max());
    }
  }

  // Something else that a reload hands to the processes: files may come from another version.
  bool is_otherwise() const {
    return differs(*before_.engine, *next_.engine) || differs(*before_.net, *next_.net) ||
           differs(without_words(*before_.notifier), without_words(*next_.notifier));
  }

  static compiled::NotifierRouter without_words(compiled::NotifierRouter router) {
    for (Command* command :
         {router.mutable_notify_master(), router.mutable_notify_backup(),
          router.mutable_notify_fault(), router.mutable_notify_stop(), router.mutable_notify()}) {
      reduce_to_work(*command);
    }
    return router;
  }

  static bool differs(const google::protobuf::MessageLite& one,
                      const google::protobuf::MessageLite& other) {
    return one.SerializeAsString() != other.SerializeAsString();
  }

  const RouterParts& before_;
  const RouterParts& next_;
  std::vector<std::string> changes_;
  bool restarts_ = false;
};

}  // namespace

std::vector<std::string> router_changes(const RouterParts& before, const RouterParts& next) {
  return Comparison(before, next).run();
}

std::string addition_words(const RouterParts& router) {
  const auto& engine = *router.engine;
  const std::string_view start = !engine.starts_eager() ? "it starts as Backup and listens first"
                                 : engine.priority() == kOwnerPriority
                                     ? "it starts as Active, because it owns its addresses"
                                     : "it takes over after one silent interval";
  return fmt::format("added, {}: VRID {} on {}, priority {}, {}", start, engine.vrid(),
                     plain_words(engine.interface()), engine.priority(),
                     fmt::join(advertised_of(router), ", "));
}

std::string removal_words(const RouterParts& router) {
  return fmt::format("removed: it resigns, and gives up {}", fmt::join(all_of(router), ", "));
}

std::string plain_words(std::string_view words) {
  const std::string quoted = in_backticks(words);
  return quoted.substr(1, quoted.size() - 2);
}

std::string time_words(uint32_t ms) {
  return ms % 1000 == 0 ? fmt::format("{} s", ms / 1000) : fmt::format("{} ms", ms);
}

std::string command_words(const Command& command) {
  if (command.text().empty()) return "nothing";
  const std::string words = in_backticks(command.text());
  return command.has_remote() ? words + " as " + command.remote().user() : words;
}

void reduce_to_work(Command& command) {
  // Of a runner's script the words are all that is known here.
  if (!command.has_remote()) return command.clear_text();
  command.mutable_remote()->set_script_id(0);
}

bool same_work(const Command& one, const Command& other) {
  Command old_one = one;
  Command new_one = other;
  reduce_to_work(old_one);
  reduce_to_work(new_one);
  return old_one.SerializeAsString() == new_one.SerializeAsString();
}

}  // namespace holdfast::config
