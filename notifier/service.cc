#include "notifier/service.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "common/service.h"
#include "notifier/messages.h"

namespace holdfast::notifier {
namespace {

constexpr std::chrono::seconds kStopLimit{5};
// The engine stops at the same time as we do, and its last transitions are on their way.
constexpr std::chrono::seconds kEngineGrace{1};

void log_warnings(const Settings& settings) {
  for (const std::string& warning : settings.warnings) log_line<kConfigWarning>(warning);
}

std::string mail_status(size_t waiting) {
  return fmt::format("{} mail{} waiting", waiting, waiting == 1 ? "" : "s");
}

uint64_t unix_ms_now() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

}  // namespace

Result<std::unique_ptr<Service>> Service::start(EventLoop& loop, Parts parts) {
  auto settings = read_settings(parts.config);
  if (!settings) return std::unexpected(settings.error());
  log_warnings(*settings);
  auto spool = Spool::open(parts.state_directory);
  if (!spool) return std::unexpected(spool.error());
  return std::unique_ptr<Service>(
      new Service(loop, std::move(parts), std::move(*settings), std::move(*spool)));
}

Service::Service(EventLoop& loop, Parts parts, Settings settings, Spool spool)
    : loop_(loop),
      config_(std::move(parts.config)),
      settings_(std::move(settings)),
      scripts_(loop, parts.runners,
               {.idle = [this] { end_if_done(); },
                .begun = [this](const auto& id, uint32_t n) { engine_.scripts_begun(id, n); },
                .settled = [this](const auto& id) { engine_.settled(id); }}),
      mailer_(loop, std::move(spool), [this] { on_mail_changed(); }),
      engine_(loop, std::move(parts.events_socket), parts.engine_user,
              {.transitions = [this](const auto& transitions) { on_transitions(transitions); },
               .disconnected = [this] { end_if_done(); }}),
      engine_grace_(loop.add_timer([this] {
        engine_may_speak_ = false;
        end_if_done();
      })),
      stop_limit_(loop.add_timer([this] {
        if (!scripts_.idle()) log_line<kStopGaveUp>(scripts_.running());
        loop_.exit(0);
      })) {
  scripts_.configure(settings_.script_timeout, settings_.generation);
  log_line<kStarted>(settings_.routers.size(), mailer_.waiting());
  mails_told_ = mailer_.waiting();
  notify("READY=1\nSTATUS=" + mail_status(mails_told_));
  mailer_.configure(settings_.mail);
}

void Service::on_mail_changed() {
  if (mailer_.waiting() != mails_told_) {
    mails_told_ = mailer_.waiting();
    notify("STATUS=" + mail_status(mails_told_));
  }
  end_if_done();
}

// Made when the transition arrives: what the mail says stays true however late it is delivered.
void Service::send_mail(const Router& router, const Transition& transition) {
  if (!router.smtp_alert || !settings_.mail.usable()) return;
  const uint64_t now = unix_ms_now();
  const std::string unique = fmt::format("{}.{}.{}", now, ::getpid(), ++mails_made_);
  mailer_.add(compose_mail(settings_.mail,
                           {.router_name = router.name,
                            .to = transition.to,
                            .cause = transition.cause,
                            .at_unix_ms = transition.at_unix_ms},
                           now, unique),
              now);
}

void Service::on_transitions(const std::vector<Transition>& transitions) {
  for (const Transition& transition : transitions) {
    const auto entry = settings_.routers.find(transition.router_id);
    if (entry == settings_.routers.end()) {
      if (unknown_routers_.admit(BootClock::now())) {
        log_line<kUnknownRouter>(transition.router_id, unknown_routers_.suppressed());
      }
      engine_.settled(transition.id);
      continue;
    }
    const Router& router = entry->second;
    auto commands = commands_for(router, transition.to, transition.priority);
    const size_t begun = std::min<size_t>(transition.scripts_begun, commands.size());
    commands.erase(commands.begin(), commands.begin() + static_cast<std::ptrdiff_t>(begun));
    scripts_.add({.router_id = router.id,
                  .what = fmt::format("router `{}` {}", log::printable(router.name),
                                      state_word(transition.to)),
                  .commands = std::move(commands),
                  .transition = transition.id,
                  .begun = static_cast<uint32_t>(begun)});
    if (!transition.taken) send_mail(router, transition);
  }
  mailer_.commit();
}

void Service::reload() {
  notify_reloading();
  if (auto settings = read_settings(config_)) {
    settings_ = std::move(*settings);
    log_warnings(settings_);
    scripts_.configure(settings_.script_timeout, settings_.generation);
    mailer_.configure(settings_.mail);
    log_line<kReloaded>(settings_.routers.size());
  } else {
    log_line<kReloadRefused>(settings.error().text);
  }
  notify("READY=1\nSTATUS=" + mail_status(mails_told_));
}

void Service::stop() {
  if (stopping_) return;
  stopping_ = true;
  notify("STOPPING=1");
  log_line<kStopping>(scripts_.running(), mailer_.waiting());
  stop_limit_.arm_after(kStopLimit);
  engine_grace_.arm_after(kEngineGrace);
  end_if_done();
}

void Service::end_if_done() {
  if (!stopping_ || !scripts_.idle() || mailer_.busy()) return;
  if (engine_may_speak_ && engine_.connected()) return;
  loop_.exit(0);
}

}  // namespace holdfast::notifier
