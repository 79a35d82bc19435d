// `holdfast maintenance on|off [ROUTER]`: has routers step down and stay down.
//
// The order is written into the runtime directory, where an engine that is started anew finds it;
// then the engine is told to read it. Whoever may not write there may not give orders.
#include <fmt/chrono.h>
#include <fmt/core.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <map>
#include <memory>
#include <vector>

#include "cli/engine_client.h"
#include "cli/maintenance_orders.h"
#include "cli/maintenance_text.h"
#include "cli/subcommand.h"
#include "config/diagnostics.h"
#include "config/keyword.h"

namespace holdfast::cli {
namespace {

struct MaintenanceOptions {
  bool on = false;
  std::string state;
  std::string router;  // empty: all
  std::string runtime_directory = kDefaultRuntimeDirectory;
};

using Routers = std::map<std::string, wire::RouterStatus>;

int fail(const std::string& why, int exit_status = kExitFailure) {
  fmt::print(stderr, "holdfast maintenance: {}\n", why);
  return exit_status;
}

std::string user_name(uid_t user) {
  const passwd* entry = ::getpwuid(user);  // NOLINT(concurrency-mt-unsafe): one thread
  return entry == nullptr ? fmt::format("user {}", user) : entry->pw_name;
}

// "root (logged in as anna)": the kernel keeps who logged in over su and sudo.
std::string who_asks() {
  constexpr uid_t kNobodyLoggedIn = 4294967295;
  std::string name = user_name(::geteuid());
  uid_t login = kNobodyLoggedIn;
  std::ifstream("/proc/self/loginuid") >> login;
  if (login == kNobodyLoggedIn || login == ::geteuid()) return name;
  return fmt::format("{} (logged in as {})", name, user_name(login));
}

wire::MaintenanceOrder new_order(const std::string& router) {
  wire::MaintenanceOrder order;
  order.set_router(router);
  order.set_since(fmt::format("{:%Y-%m-%d %H:%M:%S}", fmt::localtime(std::time(nullptr))));
  order.set_by(who_asks());
  return order;
}

std::string words(const wire::MaintenanceOrder& order) {
  return fmt::format("since {}, by {}", order.since(), order.by());
}

std::string unknown_router(const std::string& name, const Routers& routers) {
  std::vector<std::string_view> names;
  for (const auto& [known, status] : routers) names.push_back(known);
  const auto similar = config::most_similar(name, names);
  return fmt::format("no router is named {}{}", config::in_backticks(name),
                     similar.empty()
                         ? std::string("; `holdfast status` shows their names")
                         : fmt::format("; did you mean {}?", config::in_backticks(similar)));
}

// Whether there is something to do; says why not, and before what it does.
bool announce(const MaintenanceOptions& options, const wire::MaintenanceList& list,
              const Routers& routers) {
  bool something = false;
  for (const auto& [name, status] : routers) {
    if (!options.router.empty() && name != options.router) continue;
    const wire::MaintenanceOrder* order = find_order(list, name);
    const bool done = status.in_maintenance() == options.on && (order != nullptr) == options.on;
    something = something || !done;
    if (done && options.on) fmt::print("{}: in maintenance already {}\n", name, words(*order));
    if (done && !options.on) fmt::print("{}: not in maintenance\n", name);
    if (!done && options.on) fmt::print("{}", maintenance_outlook(status));
  }
  std::fflush(stdout);
  return something;
}

int carry_out(const MaintenanceOptions& options, const std::string& list_path,
              const Routers& routers) {
  size_t abandoned = 0;
  const auto told =
      ask_for_maintenance(options.runtime_directory, [&](const wire::MaintenanceOutcome& outcome) {
        const auto found = routers.find(outcome.router());
        const auto before = found == routers.end() ? wire::RouterStatus() : found->second;
        fmt::print("{}", maintenance_result(before, outcome));
        std::fflush(stdout);
        if (is_abandoned(outcome)) ++abandoned;
      });
  if (!told) {
    return fail(
        fmt::format("{}: the order stands in {}, and the next vrrp-engine follows it; "
                    "what is so now says `holdfast status`",
                    told.error().text, list_path));
  }
  return abandoned == 0 ? kExitSuccess : kExitAbandoned;
}

int run(const MaintenanceOptions& options) {
  const auto status = ask_for_status(options.runtime_directory);
  if (!status) return fail("vrrp-engine does not answer: " + status.error().text);
  Routers routers;
  for (const wire::RouterStatus& router : status->routers()) routers[router.name()] = router;

  auto store = MaintenanceStore::open(options.runtime_directory);
  if (!store) return fail(store.error().text + ": nothing was changed; are you root?");
  wire::MaintenanceList& list = store->list();
  const wire::MaintenanceOrder* order = find_order(list, options.router);
  if (!options.router.empty() && !routers.contains(options.router) &&
      (options.on || order == nullptr || order->router().empty())) {
    return fail(unknown_router(options.router, routers), kExitUsage);
  }
  if (!options.on && !options.router.empty() && order != nullptr && order->router().empty()) {
    return fail(
        fmt::format("the whole host is in maintenance {}: `holdfast maintenance off` ends "
                    "it, for all routers",
                    words(*order)));
  }
  const bool something = announce(options, list, routers);
  if (options.on) {
    add_order(list, new_order(options.router));
  } else {
    remove_order(list, options.router);
  }
  if (const auto saved = store->save(); !saved) return fail(saved.error().text);
  return something ? carry_out(options, store->path(), routers) : kExitSuccess;
}

}  // namespace

void add_maintenance(CLI::App& app, int& exit_status) {
  auto options = std::make_shared<MaintenanceOptions>();
  CLI::App* command = app.add_subcommand(
      "maintenance", "Have routers give their addresses to others and stay down");
  command->add_option("STATE", options->state, "on or off")
      ->required()
      ->check(CLI::IsMember({"on", "off"}));
  command->add_option("ROUTER", options->router, "its name; without one: every router of the host");
  command->add_option("--runtime-dir", options->runtime_directory, "of the suite to tell")
      ->capture_default_str();
  command->footer(
      "It lasts until `off` or a reboot. Exit status: 0 done, 1 not done, 2 usage or an unknown\n"
      "router, 3 done, and addresses were withdrawn that nobody was heard to take.");
  command->callback([options, &exit_status] {
    options->on = options->state == "on";
    exit_status = run(*options);
  });
}

}  // namespace holdfast::cli
