#include "checker/check_config.h"

#include <fmt/format.h>

#include <set>

#include "common/command_form.h"
#include "common/compiled_file.h"
#include "common/log.h"

namespace holdfast::checker {
namespace {

Result<CheckDefinition> definition_from(const compiled::ScriptCheck& check) {
  const auto form = command_form(check.command());
  if (!form) return std::unexpected(form.error());
  if (form->remote && check.signal_zero()) return failure("a grant for a script of another user");
  if (check.id() == 0) return failure("id 0");
  if (check.name().empty()) return failure("no name");
  if (check.interval_ms() == 0) return failure("an interval of zero");
  if (check.timeout_ms() == 0) return failure("a timeout of zero");
  if (check.rise() == 0 || check.fall() == 0) return failure("rise or fall of zero");
  return CheckDefinition{.id = check.id(),
                         .name = check.name(),
                         .command = with_arguments(*form, {}),
                         .interval = std::chrono::milliseconds(check.interval_ms()),
                         .timeout = std::chrono::milliseconds(check.timeout_ms()),
                         .thresholds = {.rise = check.rise(), .fall = check.fall()},
                         .signal_zero = check.signal_zero()};
}

}  // namespace

Result<CheckerSetup> setup_from(const compiled::CheckerConfig& config) {
  CheckerSetup setup{.generation = config.generation(), .checks = {}};
  std::set<uint32_t> ids;
  std::set<std::string> names;
  for (const compiled::ScriptCheck& check : config.scripts()) {
    auto definition = definition_from(check);
    if (definition && !ids.insert(check.id()).second) definition = failure("its id is not unique");
    if (definition && !names.insert(check.name()).second) {
      definition = failure("its name is not unique");
    }
    if (!definition) {
      return failure(fmt::format("check {} (`{}`): {}: run `holdfast compile` again", check.id(),
                                 log::printable(check.name()), definition.error().text));
    }
    setup.checks.push_back(std::move(*definition));
  }
  return setup;
}

Result<CheckerSetup> read_setup(const std::string& path) {
  compiled::CheckerConfig config;
  const auto read = read_compiled_file(path, CompiledKind::kChecker, config);
  if (!read) return std::unexpected(read.error());
  auto setup = setup_from(config);
  if (!setup) return failure(path + ": " + setup.error().text);
  return setup;
}

namespace {

// The runner's words are known by what the author wrote.
bool same_command(const ScriptCommand& one, const ScriptCommand& other) {
  if (one.remote.has_value() != other.remote.has_value()) return false;
  if (!one.remote) return one.argv == other.argv;
  return one.remote->user == other.remote->user && one.text == other.text;
}

}  // namespace

bool same_work(const CheckDefinition& one, const CheckDefinition& other) {
  return one.name == other.name && same_command(one.command, other.command) &&
         one.interval == other.interval && one.timeout == other.timeout &&
         one.thresholds.rise == other.thresholds.rise &&
         one.thresholds.fall == other.thresholds.fall && one.signal_zero == other.signal_zero;
}

}  // namespace holdfast::checker
