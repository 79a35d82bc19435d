#include "runner/library.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/compiled_file.h"

namespace holdfast::runner {
namespace {

constexpr const char* kMend = "run `holdfast compile` again";

bool is_assignment(const std::string& text) {
  const size_t equals = text.find('=');
  return equals != std::string::npos && equals > 0 && text.find('\0') == std::string::npos;
}

Result<Entry> entry_from(const compiled::RunnerScript& script) {
  if (script.id() == 0) return failure("id 0");
  if (script.timeout_ms() == 0) return failure("a timeout of zero");
  auto form = command_form(script.command());
  if (!form) return std::unexpected(form.error());
  if (form->remote) return failure("a command that is another runner's");
  Entry entry;
  switch (script.asker()) {
    case compiled::RunnerScript::ASKER_CHECKER:
      entry.asker = Role::kChecker;
      break;
    case compiled::RunnerScript::ASKER_NOTIFIER:
      entry.asker = Role::kNotifier;
      break;
    default:
      return failure("nobody may ask for it");
  }
  entry.form = std::move(*form);
  entry.timeout = std::chrono::milliseconds(script.timeout_ms());
  entry.router_name = script.router_name();
  if (entry.router_name.find('\0') != std::string::npos) return failure("a zero byte in a name");
  return entry;
}

// "MASTER", as keepalived's scripts get it.
const char* state_word(NotifyState state) {
  switch (state) {
    case NotifyState::kMaster:
      return "MASTER";
    case NotifyState::kBackup:
      return "BACKUP";
    case NotifyState::kFault:
      return "FAULT";
    case NotifyState::kStop:
      break;
  }
  return "STOP";
}

}  // namespace

Result<Contents> contents_from(const compiled::RunnerConfig& config) {
  Contents contents{
      .generation = config.generation(), .user = config.user(), .environment = {}, .scripts = {}};
  contents.environment.assign(config.environment().begin(), config.environment().end());
  if (!std::ranges::all_of(contents.environment, is_assignment)) {
    return failure(fmt::format("an environment that is none: {}", kMend));
  }
  for (const compiled::RunnerScript& script : config.scripts()) {
    auto entry = entry_from(script);
    if (entry && contents.scripts.contains(script.id())) entry = failure("its id is not unique");
    if (!entry) {
      return failure(fmt::format("script {}: {}: {}", script.id(), entry.error().text, kMend));
    }
    contents.scripts.emplace(script.id(), std::move(*entry));
  }
  return contents;
}

Result<void> Library::load() {
  compiled::RunnerConfig config;
  const auto read = read_compiled_file(path_, CompiledKind::kRunner, config);
  if (!read) return read;
  auto contents = contents_from(config);
  if (!contents) return failure(path_ + ": " + contents.error().text);
  if (contents_.generation != contents->generation) before_ = std::move(contents_);
  contents_ = std::move(*contents);
  return {};
}

Result<const Contents*> Library::of_generation(uint64_t generation) {
  if (generation == 0) return failure("a configuration without a fingerprint");
  for (const Contents* one : {&contents_, &before_}) {
    if (one->generation == generation) return one;
  }
  if (const auto loaded = load(); !loaded) return std::unexpected(loaded.error());
  if (generation == contents_.generation) return &contents_;
  return failure(fmt::format(
      "{} is of another configuration than the one that this was asked for: reload again", path_));
}

ScriptCommand command_of(const Contents& contents, const Entry& entry,
                         const NotifyArguments& arguments) {
  std::vector<std::string> words;
  if (!entry.router_name.empty()) {
    words = {"INSTANCE", entry.router_name, state_word(arguments.state),
             std::to_string(arguments.priority)};
  }
  ScriptCommand command = with_arguments(entry.form, words);
  command.environment = contents.environment;
  return command;
}

}  // namespace holdfast::runner
