#include "config/difference.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <string_view>

#include "config/diagnostics.h"
#include "config/router_difference.h"

namespace holdfast::config {
namespace {

using compiled::CheckerConfig;
using compiled::ScriptCheck;

// The author's words are for messages; what runs is the rest.
std::string work_of(ScriptCheck check) {
  check.set_id(0);
  reduce_to_work(*check.mutable_command());
  return check.SerializeAsString();
}

const ScriptCheck* find(const CheckerConfig& config, const std::string& name) {
  const auto found = std::ranges::find(config.scripts(), name, &ScriptCheck::name);
  return found == config.scripts().end() ? nullptr : &*found;
}

std::vector<std::string> check_changes(const ScriptCheck& before, const ScriptCheck& next) {
  std::vector<std::string> changes;
  const auto number = [&changes](std::string_view what, uint32_t old_value, uint32_t new_value) {
    if (old_value != new_value) {
      changes.push_back(fmt::format("{} {} -> {}", what, old_value, new_value));
    }
  };
  const auto time = [&changes](std::string_view what, uint32_t old_ms, uint32_t new_ms) {
    if (old_ms != new_ms) {
      changes.push_back(fmt::format("{} {} -> {}", what, time_words(old_ms), time_words(new_ms)));
    }
  };
  if (!same_work(before.command(), next.command())) {
    changes.push_back(fmt::format("script {} -> {}", command_words(before.command()),
                                  command_words(next.command())));
  }
  time("interval", before.interval_ms(), next.interval_ms());
  time("timeout", before.timeout_ms(), next.timeout_ms());
  number("rise", before.rise(), next.rise());
  number("fall", before.fall(), next.fall());
  if (before.signal_zero() != next.signal_zero()) {
    changes.emplace_back(next.signal_zero() ? "it may send signal 0 to any process now"
                                            : "it may no longer send signal 0 to any process");
  }
  return changes;
}

void compare_checks(const CheckerConfig& before, const CheckerConfig& next, Difference& result) {
  for (const ScriptCheck& check : before.scripts()) {
    const std::string name = fmt::format("check {}", plain_words(check.name()));
    const ScriptCheck* other = find(next, check.name());
    if (other == nullptr) {
      result.changes.push_back(name + ": removed, it runs no more and its verdict is forgotten");
    } else if (work_of(check) == work_of(*other)) {
      result.untouched.push_back(name + ": untouched, it goes on with the verdict that it has");
    } else {
      result.changes.push_back(fmt::format(
          "{}: {}: it is begun anew, and its last verdict counts until the first result", name,
          fmt::join(check_changes(check, *other), ", ")));
    }
  }
  for (const ScriptCheck& check : next.scripts()) {
    if (find(before, check.name()) != nullptr) continue;
    result.changes.push_back(
        fmt::format("check {}: added, it runs at once and its first result decides: {} every {}",
                    plain_words(check.name()), command_words(check.command()),
                    time_words(check.interval_ms())));
  }
  const auto asks = [](const CheckerConfig& config) {
    return std::ranges::any_of(config.scripts(), &ScriptCheck::signal_zero);
  };
  if (!asks(before) && asks(next)) {
    result.changes.emplace_back(
        "checker: it gave up the right to send signal 0, which a check needs now: it is started "
        "anew where that right can be given, and all checks with it");
  }
}

std::string addresses_words(const auto& list) {
  std::vector<std::string> words;
  for (const std::string& one : list) words.push_back(plain_words(one));
  return words.empty() ? "nobody" : fmt::format("{}", fmt::join(words, ", "));
}

std::string server_words(const compiled::Mail& mail) {
  return mail.server().empty() ? "none"
                               : fmt::format("{} port {}", plain_words(mail.server()), mail.port());
}

void compare_mail(const compiled::Mail& before, const compiled::Mail& next, Difference& result) {
  const size_t changed = result.changes.size();
  const auto say = [&result](std::string_view what, bool same, const std::string& old_words,
                             const std::string& new_words) {
    if (same) return;
    result.changes.push_back(fmt::format("mail: {} {} -> {}", what, old_words, new_words));
  };
  const auto say_text = [&say](std::string_view what, const std::string& old_text,
                               const std::string& new_text) {
    say(what, old_text == new_text, plain_words(old_text), plain_words(new_text));
  };
  say("mail that waits goes through another server, too:",
      before.server() == next.server() && before.port() == next.port(), server_words(before),
      server_words(next));
  say("new mail goes to", std::ranges::equal(before.to(), next.to()), addresses_words(before.to()),
      addresses_words(next.to()));
  say_text("new mail comes from", before.from(), next.from());
  say_text("the subject of new mail names", before.router_id(), next.router_id());
  say_text("name in the greeting", before.helo_name(), next.helo_name());
  say("connect timeout", before.connect_timeout_ms() == next.connect_timeout_ms(),
      time_words(before.connect_timeout_ms()), time_words(next.connect_timeout_ms()));
  if (result.changes.size() > changed) return;
  if (!next.server().empty()) result.untouched.emplace_back("mail: untouched");
}

void compare_interfaces(const Compiled& before, const Compiled& next, Difference& result) {
  const auto names = [](const Compiled& config) {
    std::set<std::string> all;
    for (const auto& router : config.net.routers()) {
      all.insert(router.interface());
      for (const auto& address : router.addresses()) all.insert(address.interface());
    }
    all.erase("");  // an address on its router's
    return all;
  };
  const auto old_names = names(before);
  const auto new_names = names(next);
  for (const std::string& name : new_names) {
    if (old_names.contains(name)) continue;
    result.changes.push_back(fmt::format("interface {}: needed from now on", plain_words(name)));
  }
  for (const std::string& name : old_names) {
    if (new_names.contains(name)) continue;
    result.changes.push_back(fmt::format("interface {}: no longer needed", plain_words(name)));
  }
}

void compare_rest(const Compiled& before, const Compiled& next, Difference& result) {
  if (before.engine.system_name() != next.engine.system_name()) {
    result.changes.push_back(fmt::format("`holdfast status` calls this system {} -> {}",
                                         plain_words(before.engine.system_name()),
                                         plain_words(next.engine.system_name())));
  }
  const uint32_t old_limit = before.notifier.script_timeout_ms();
  const uint32_t new_limit = next.notifier.script_timeout_ms();
  if (old_limit != new_limit) {
    result.changes.push_back(fmt::format("notify scripts: each may run for {} -> {}",
                                         time_words(old_limit), time_words(new_limit)));
  }
}

using Routers = std::map<std::string_view, RouterParts>;

Routers routers_of(const Compiled& config) {
  Routers routers;
  for (const auto& router : config.engine.routers()) {
    routers[router.name()] = {.config = &config, .engine = &router};
  }
  for (const auto& router : config.net.routers()) {
    if (const auto at = routers.find(router.name()); at != routers.end()) at->second.net = &router;
  }
  for (const auto& router : config.notifier.routers()) {
    if (const auto at = routers.find(router.name()); at != routers.end()) {
      at->second.notifier = &router;
    }
  }
  std::erase_if(routers, [](const auto& entry) {
    return entry.second.net == nullptr || entry.second.notifier == nullptr;
  });
  return routers;
}

void compare_routers(const Compiled& before, const Compiled& next, Difference& result) {
  const Routers old_routers = routers_of(before);
  const Routers new_routers = routers_of(next);
  const auto say = [&result](std::string_view name, const std::string& words) {
    result.changes.push_back(fmt::format("router {}: {}", plain_words(name), words));
  };
  // In the order of the files, not of the names.
  for (const auto& router : before.engine.routers()) {
    const auto old_parts = old_routers.find(router.name());
    if (old_parts == old_routers.end()) continue;
    const auto new_parts = new_routers.find(router.name());
    if (new_parts == new_routers.end()) {
      say(router.name(), removal_words(old_parts->second));
      continue;
    }
    const auto changes = router_changes(old_parts->second, new_parts->second);
    for (const std::string& change : changes) say(router.name(), change);
    if (!changes.empty()) continue;
    result.untouched.push_back(fmt::format("router {}: untouched", plain_words(router.name())));
  }
  for (const auto& router : next.engine.routers()) {
    const auto parts = new_routers.find(router.name());
    if (parts == new_routers.end() || old_routers.contains(router.name())) continue;
    say(router.name(), addition_words(parts->second));
  }
}

}  // namespace

Difference difference(const Compiled& before, const Compiled& next) {
  Difference result;
  compare_routers(before, next, result);
  compare_checks(before.checker, next.checker, result);
  compare_interfaces(before, next, result);
  compare_mail(before.notifier.mail(), next.notifier.mail(), result);
  compare_rest(before, next, result);
  return result;
}

}  // namespace holdfast::config
