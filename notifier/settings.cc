#include "notifier/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/compiled_file.h"
#include "common/log.h"
#include "notifier_config.pb.h"

namespace holdfast::notifier {
namespace {

constexpr const char* kMend = "run `holdfast compile` again";

Result<Router> router_of(const compiled::NotifierRouter& in) {
  Router router;
  router.id = in.id();
  router.name = in.name();
  router.smtp_alert = in.smtp_alert();
  struct Row {
    const char* keyword;
    bool present;
    const compiled::Command& command;
    std::unique_ptr<const CommandForm>& form;
  };
  for (const Row& row : {
           Row{"notify_master", in.has_notify_master(), in.notify_master(), router.on_active},
           Row{"notify_backup", in.has_notify_backup(), in.notify_backup(), router.on_backup},
           Row{"notify_fault", in.has_notify_fault(), in.notify_fault(), router.on_fault},
           Row{"notify_stop", in.has_notify_stop(), in.notify_stop(), router.on_stopped},
           Row{"notify", in.has_notify(), in.notify(), router.on_any},
       }) {
    if (!row.present) continue;
    auto form = command_form(row.command);
    if (!form) {
      return failure(fmt::format("router {} (`{}`): {} has no command that can be run: {}: {}",
                                 in.id(), log::printable(in.name()), row.keyword, form.error().text,
                                 kMend));
    }
    row.form = std::make_unique<const CommandForm>(std::move(*form));
  }
  return router;
}

MailSettings mail_of(const compiled::Mail& in, std::vector<std::string>& warnings) {
  MailSettings mail;
  mail.server = in.server();
  if (in.port() > 0 && in.port() <= 0xffff) mail.port = static_cast<uint16_t>(in.port());
  if (in.connect_timeout_ms() > 0) {
    mail.connect_timeout = std::chrono::milliseconds(in.connect_timeout_ms());
  }
  if (!mail.server.empty() && !is_host(mail.server)) {
    warnings.push_back(
        fmt::format("`{}` is no mail server: no mail is sent until `smtp_server` "
                    "is corrected",
                    log::printable(mail.server)));
    mail.server.clear();
  }
  mail.helo_name = in.helo_name().empty() ? "localhost" : in.helo_name();
  if (!is_host(mail.helo_name)) {
    warnings.push_back(
        fmt::format("`{}` is no host name: mail is sent with `smtp_helo_name "
                    "localhost`",
                    log::printable(mail.helo_name)));
    mail.helo_name = "localhost";
  }
  mail.router_id = in.router_id();
  mail.from = in.from();
  if (!envelope_address(mail.from)) {
    mail.from = fmt::format("holdfast@{}", mail.helo_name);
    if (!in.from().empty()) {
      warnings.push_back(fmt::format("`{}` is no mail address: mail is sent from `{}`",
                                     log::printable(in.from()), log::printable(mail.from)));
    }
  }
  for (const std::string& to : in.to()) {
    if (envelope_address(to)) {
      mail.to.push_back(to);
    } else {
      warnings.push_back(
          fmt::format("`{}` is no mail address: it gets no mail until "
                      "`notification_email` is corrected",
                      log::printable(to)));
    }
  }
  return mail;
}

const std::unique_ptr<const CommandForm>& state_form(const Router& router, State state) {
  switch (state) {
    case State::kActive:
      return router.on_active;
    case State::kBackup:
      return router.on_backup;
    case State::kFault:
      return router.on_fault;
    case State::kStopped:
      break;
  }
  return router.on_stopped;
}

NotifyState notify_state(State state) {
  switch (state) {
    case State::kActive:
      return NotifyState::kMaster;
    case State::kBackup:
      return NotifyState::kBackup;
    case State::kFault:
      return NotifyState::kFault;
    case State::kStopped:
      break;
  }
  return NotifyState::kStop;
}

}  // namespace

std::string_view state_word(State state) {
  switch (state) {
    case State::kActive:
      return "MASTER";
    case State::kBackup:
      return "BACKUP";
    case State::kFault:
      return "FAULT";
    case State::kStopped:
      break;
  }
  return "STOP";
}

std::optional<std::string> envelope_address(std::string_view header_address) {
  std::string_view address = header_address;
  const size_t open = address.rfind('<');
  if (open != std::string_view::npos) {
    const size_t close = address.find('>', open);
    if (close == std::string_view::npos) return {};
    address = address.substr(open + 1, close - open - 1);
  }
  const auto refused = [](char c) { return c <= ' ' || c >= 0x7f || c == '<' || c == '>'; };
  if (address.empty() || address.size() > 254 || std::ranges::any_of(address, refused)) return {};
  return std::string(address);
}

bool is_host(std::string_view name) {
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:";
  return !name.empty() && name.size() <= 253 &&
         name.find_first_not_of(kAllowed) == std::string_view::npos;
}

std::vector<ScriptCommand> commands_for(const Router& router, State state, uint32_t priority) {
  std::vector<ScriptCommand> commands;
  if (const auto& form = state_form(router, state)) commands.push_back(with_arguments(*form, {}));
  if (router.on_any) {
    commands.push_back(with_arguments(
        *router.on_any,
        {"INSTANCE", router.name, std::string(state_word(state)), std::to_string(priority)}));
  }
  for (ScriptCommand& command : commands) {
    if (command.remote) command.remote->arguments = {notify_state(state), priority};
  }
  return commands;
}

Result<Settings> read_settings(const std::string& path) {
  google::protobuf::Arena arena(large_blocks());
  auto& config = *google::protobuf::Arena::CreateMessage<compiled::NotifierConfig>(&arena);
  if (const auto read = read_compiled_file(path, CompiledKind::kNotifier, config); !read) {
    return std::unexpected(read.error());
  }
  Settings settings;
  settings.generation = config.generation();
  for (const compiled::NotifierRouter& in : config.routers()) {
    auto router = router_of(in);
    if (!router) return failure(fmt::format("{}: {}", path, router.error().text));
    if (!settings.routers.emplace(in.id(), std::move(*router)).second) {
      return failure(fmt::format("{}: router {} stands in it twice: {}", path, in.id(), kMend));
    }
  }
  settings.mail = mail_of(config.mail(), settings.warnings);
  if (config.script_timeout_ms() > 0) {
    settings.script_timeout = std::chrono::milliseconds(config.script_timeout_ms());
  }
  const bool wanted = std::ranges::any_of(
      settings.routers, [](const auto& entry) { return entry.second.smtp_alert; });
  if (wanted && !settings.mail.usable()) {
    settings.warnings.emplace_back(
        "`smtp_alert` is on, but no mail can be sent: set `smtp_server` "
        "and `notification_email` in `global_defs`");
  }
  return settings;
}

}  // namespace holdfast::notifier
