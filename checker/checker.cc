#include "checker/checker.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "checker/messages.h"
#include "common/service.h"

namespace holdfast::checker {
namespace {

wire::Health health_of(const Check& check) {
  const CheckState& state = check.state();
  wire::Health health;
  health.set_check_id(check.definition().id);
  health.set_result(state.verdict() == Verdict::kPassing ? wire::Health::RESULT_PASSING
                                                         : wire::Health::RESULT_FAILING);
  health.set_consecutive(state.consecutive());
  health.set_cause(state.cause());
  return health;
}

std::vector<std::string> names_asking(const CheckerSetup& setup) {
  std::vector<std::string> names;
  for (const CheckDefinition& check : setup.checks) {
    if (check.signal_zero) names.push_back(check.name);
  }
  return names;
}

}  // namespace

Checker::Checker(EventLoop& loop, std::string config_path, const std::string& engine_socket,
                 const std::string& runners, Grant grant)
    : loop_(loop),
      config_path_(std::move(config_path)),
      grant_(std::move(grant)),
      link_(loop, engine_socket),
      runners_(loop, runners, runner::Role::kChecker,
               [](const std::string& user, const std::string& why) {
                 log_line<kBadUserRunner>(user, why);
               }),
      hooks_{.run =
                 [this](const CheckDefinition& check, ScriptOptions options, ScriptRun::Done done) {
                   return run(check, std::move(options), std::move(done));
                 },
             .changed = [this](const Check& check) { on_changed(check); },
             .run_ended = [this] { reaper_.sweep_soon(); },
             .next_run_number = [this] { return ++runs_started_; },
             .stopping = [this] { return stopping_; }},
      reaper_(loop, [this] { return world(); }) {
  if (!grant_.runner) return;
  runner_end_ = loop.add_child(grant_.runner->pid(), [this](const siginfo_t&) {
    if (grant_.runner) give_up("the granted runner has ended");
  });
}

Checker::~Checker() {
  stopping_ = true;
  checks_.clear();
  runner_end_.reset();
  grant_.runner.reset();
  StrayReaper::kill_all();
}

Result<void> Checker::load() {
  auto setup = read_setup(config_path_);
  if (!setup) return std::unexpected(setup.error());
  settle_grant(*setup);

  std::map<std::string, std::unique_ptr<Check>> next;
  size_t fresh = 0;
  generation_ = setup->generation;
  runners_.set_generation(generation_);
  for (CheckDefinition& definition : setup->checks) {
    const std::string name = definition.name;
    const auto old = checks_.find(name);
    if (old != checks_.end() && same_work(old->second->definition(), definition)) {
      next[name] = std::move(old->second);
      next[name]->set_ids(definition);
      continue;
    }
    ++fresh;
    next[name] = std::make_unique<Check>(loop_, std::move(definition), hooks_);
  }
  // A map of moved-from entries is left where a check goes on; the others end here.
  std::erase_if(checks_, [](const auto& entry) { return entry.second == nullptr; });
  checks_ = std::move(next);
  reaper_.sweep_soon();
  link_.restart(generation_, decided());
  log_line<kConfigured>(checks_.size(), generation_, fresh);
  return {};
}

void Checker::settle_grant(const CheckerSetup& setup) {
  const auto asking = names_asking(setup);
  if (grant_.runner && asking.empty()) {
    grant_.runner.reset();
    grant_.missing_reason = "no check asked any more, so the right was given up";
  }
  if (asking.empty()) return;
  if (!grant_.runner) {
    // What was given up cannot be taken back; who starts us anew gives it again.
    if (grant_.available) return give_up("a check asks for a right that was given up");
    log_line<kNoGrant>(fmt::format("{}", fmt::join(asking, ", ")), grant_.missing_reason);
    return;
  }
  // One that holds another generation refuses each run with words to that effect.
  const auto held = grant_.runner->reload();
  if (!held && grant_.runner->is_broken()) return give_up(held.error().text);
}

std::unique_ptr<ScriptJob> Checker::run(const CheckDefinition& definition, ScriptOptions options,
                                        ScriptRun::Done done) {
  if (definition.command.remote) {
    return runners_.run(*definition.command.remote, std::move(options), std::move(done));
  }
  return std::make_unique<ScriptRun>(
      loop_, definition.command, std::move(options), std::move(done),
      [this, &definition](const ScriptCommand&) { return spawn(definition); });
}

Result<SpawnedScript> Checker::spawn(const CheckDefinition& definition) {
  if (!definition.signal_zero || !grant_.runner) return spawn_script(definition.command);
  auto spawned = grant_.runner->spawn(generation_, definition.id);
  if (!spawned && grant_.runner->is_broken()) give_up(spawned.error().text);
  return spawned;
}

void Checker::on_changed(const Check& check) {
  link_.update(health_of(check));
  notify("STATUS=" + status());
}

std::vector<wire::Health> Checker::decided() const {
  std::vector<wire::Health> result;
  for (const auto& [name, check] : checks_) {
    if (check->state().verdict() != Verdict::kUndecided) result.push_back(health_of(*check));
  }
  return result;
}

std::string Checker::status() const {
  const auto count = [this](Verdict verdict) {
    return std::ranges::count_if(checks_, [verdict](const auto& entry) {
      return entry.second->state().verdict() == verdict;
    });
  };
  return fmt::format("{} checks, {} passing, {} failing", checks_.size(), count(Verdict::kPassing),
                     count(Verdict::kFailing));
}

StrayReaper::World Checker::world() const {
  StrayReaper::World world;
  world.runs = {.oldest = runs_started_ + 1, .newest = runs_started_};
  if (grant_.runner) world.awaited.insert(grant_.runner->pid());
  for (const auto& [name, check] : checks_) {
    const auto run = check->active_run();
    if (!run) continue;
    world.awaited.insert(run->pid);
    world.runs.oldest = std::min(world.runs.oldest, run->number);
  }
  return world;
}

void Checker::give_up(const std::string& why) {
  if (std::exchange(stopping_, true)) return;
  log_line<kRunnerLost>(why);
  loop_.exit(1);
}

}  // namespace holdfast::checker
