#include "notifier/mailer.h"

#include <utility>

#include "notifier/messages.h"

namespace holdfast::notifier {
namespace {

// What can go wrong with the spool after a mail was taken over is told, not undone.
void log_problem(const Result<void>& result) {
  if (!result) log_line<kSpoolProblem>(result.error().text);
}

int64_t seconds_of(Duration duration) {
  return std::chrono::duration_cast<std::chrono::seconds>(duration).count();
}

std::vector<std::string> without(std::vector<std::string> addresses,
                                 const std::vector<Delivery::Recipient>& refused) {
  for (const Delivery::Recipient& recipient : refused) std::erase(addresses, recipient.address);
  return addresses;
}

}  // namespace

Mailer::Mailer(EventLoop& loop, Spool spool, std::function<void()> changed, std::string curl_file)
    : spool_(std::move(spool)),
      changed_(std::move(changed)),
      timer_(loop.add_timer([this] { go_on(); })),
      worker_(
          loop, [this](const Delivery& delivery) { on_delivery(delivery); }, std::move(curl_file)) {
  for (std::string& name : spool_.names()) {
    const bool urgent = is_urgent_name(name);
    enqueue({.name = std::move(name), .urgent = urgent, .memory = nullptr});
  }
}

void Mailer::configure(const MailSettings& settings) {
  settings_ = settings;
  queue_.try_now();
  go_on();
}

void Mailer::enqueue(WaitingMail mail) {
  const auto surplus = queue_.add(std::move(mail));
  if (!surplus) return;
  log_line<kMailDropped>(surplus->name, queue_.size(), ++dropped_);
  if (!surplus->memory) log_problem(spool_.remove(surplus->name));
}

void Mailer::add(const Mail& mail, uint64_t now_unix_ms) {
  if (auto name = spool_.add(mail, now_unix_ms)) {
    unsynced_ = true;
    enqueue({.name = std::move(*name), .urgent = mail.urgent, .memory = nullptr});
  } else {
    log_line<kSpoolWrite>(name.error().text);
    enqueue({.name = "(in memory)",
             .urgent = mail.urgent,
             .memory = std::make_shared<const Mail>(mail)});
  }
}

void Mailer::commit() {
  if (std::exchange(unsynced_, false)) log_problem(spool_.sync());
  go_on();
}

bool Mailer::busy() const {
  if (queue_.trying()) return true;
  const auto next = queue_.next_attempt();
  return next && !settings_.server.empty() && *next <= BootClock::now();
}

void Mailer::go_on() {
  while (!settings_.server.empty()) {
    const WaitingMail* next = queue_.start(BootClock::now());
    if (next == nullptr) break;
    current_ = *next;
    auto mail = current_.memory ? Result<Mail>(*current_.memory) : spool_.read(current_.name);
    if (mail) {
      current_mail_ = std::move(*mail);
      worker_.send({.mail = current_mail_,
                    .server = settings_.server,
                    .port = settings_.port,
                    .helo_name = settings_.helo_name,
                    .connect_timeout = settings_.connect_timeout});
      break;
    }
    log_line<kSpoolProblem>(mail.error().text);
    log_problem(spool_.move_to_failed(current_.name));
    queue_.done();
  }
  if (const auto when = queue_.next_attempt(); when && !settings_.server.empty()) {
    timer_.arm(*when);
  } else {
    timer_.disarm();
  }
  changed_();
}

void Mailer::on_delivery(const Delivery& delivery) {
  for (const Delivery::Recipient& recipient : delivery.refused) {
    log_line<kRecipientRefused>(current_.name, log::printable(recipient.address), recipient.said);
  }
  tell_of_curl(delivery);
  switch (delivery.kind) {
    case Delivery::Kind::kAccepted:
      finish_accepted(delivery);
      break;
    case Delivery::Kind::kRefused:
      log_line<kMailRefused>(current_.name, delivery.said);
      if (!current_.memory) log_problem(spool_.move_to_failed(current_.name));
      queue_.done();
      break;
    case Delivery::Kind::kPutOff:
      keep_for(without(current_mail_.to, delivery.refused));
      retry_later(MailQueue::Failure::kMailPutOff, delivery.said);
      break;
    case Delivery::Kind::kTryAgain:
    case Delivery::Kind::kNotTried:
      retry_later(MailQueue::Failure::kServer, delivery.said);
      break;
  }
  go_on();
}

// Once, however many mails wait for it.
void Mailer::tell_of_curl(const Delivery& delivery) {
  const bool missing = delivery.kind == Delivery::Kind::kNotTried;
  if (!std::exchange(without_curl_, missing) && missing) log_line<kNoCurl>(delivery.said);
}

void Mailer::finish_accepted(const Delivery& delivery) {
  log_line<kMailSent>(current_.name, delivery.said);
  if (!delivery.put_off.empty()) {
    std::vector<std::string> rest;
    rest.reserve(delivery.put_off.size());
    for (const Delivery::Recipient& recipient : delivery.put_off) rest.push_back(recipient.address);
    keep_for(std::move(rest));
    return retry_later(MailQueue::Failure::kMailPutOff, delivery.put_off.back().said);
  }
  if (!current_.memory) log_problem(spool_.remove(current_.name));
  queue_.done();
}

void Mailer::retry_later(MailQueue::Failure failure, const std::string& said) {
  if (const auto delay = queue_.failed(failure, BootClock::now())) {
    log_line<kMailRetry>(current_.name, seconds_of(*delay), said, queue_.size());
  } else {
    log_line<kMemoryMailLost>(said);
  }
}

void Mailer::keep_for(std::vector<std::string> recipients) {
  if (current_.memory || recipients.empty() || recipients == current_mail_.to) return;
  current_mail_.to = std::move(recipients);
  log_problem(spool_.replace(current_.name, current_mail_));
}

}  // namespace holdfast::notifier
