// Rows of `global_defs`: who this system is, and mail.
#include "config/rows.h"

namespace holdfast::config {
namespace {

constexpr int64_t kSecondsMax = 86400;
constexpr Block kHere = Block::kGlobalDefs;

void add_mail_addresses(Call& call) {
  for (const Word& recipient : call.statement.words) {
    call.global().mail.to.push_back({recipient.text, recipient.place});
  }
}

std::vector<Keyword> server_rows() {
  constexpr Rows kRow{kHere};
  return {
      kRow("smtp_server", {word("a host"), optional(port())}, "none; port 25",
           "The mail server, by name or address, and its port.", "notifier.pb mail.server and port",
           [](Call& call) {
             set(call.global().mail.server, call.value());
             if (call.statement.words.size() > 2) set(call.global().mail.port, call.value(1));
           }),
      kRow("smtp_connect_timeout", {seconds(0.001, kSecondsMax)}, "30",
           "How long to wait for the mail server.", "notifier.pb mail.connect_timeout_ms",
           [](Call& call) { set(call.global().mail.connect_timeout, call.value()); }),
      kRow("smtp_helo_name", {word("a host name")}, "the host's name",
           "The name that greets the mail server.", "notifier.pb mail.helo_name",
           [](Call& call) { set(call.global().mail.helo_name, call.value()); }),
  };
}

std::vector<Keyword> alert_rows() {
  constexpr Rows kRow{kHere};
  const auto checks = never(kHere, "there are no checkers of real servers that could send mail");
  return {
      kRow("smtp_alert", {on_or_off()}, "off",
           "Whether every change of state is mailed, unless something says otherwise.",
           "notifier.pb routers.smtp_alert",
           [](Call& call) { set(call.global().smtp_alert, call.value()); }),
      kRow("smtp_alert_vrrp", {on_or_off()}, "as smtp_alert",
           "Whether changes of state of instances are mailed.", "notifier.pb routers.smtp_alert",
           [](Call& call) { set(call.global().smtp_alert_vrrp, call.value()); }),
      checks("smtp_alert_checker", {on_or_off()}, "as smtp_alert",
             "Whether changes of real servers are mailed."),
      checks("no_checker_emails", {}, {}, "Mails only real servers that come and go."),
      checks("checker_log_all_failures", {on_or_off()}, "off",
             "Logs every failed check, not only those that change something."),
      not_yet(kHere, "every change of state is mailed", Severity::kWarning)(
          "no_email_faults", {}, {}, "Sends no mail about FAULT."),
  };
}

}  // namespace

std::vector<Keyword> mail_keywords() {
  constexpr Rows kRow{kHere};
  std::vector<Keyword> all = {
      kRow("router_id", {word("a name")}, "the host's name",
           "The name of this system in mails and in the status.",
           "engine.pb system_name, notifier.pb mail.router_id",
           [](Call& call) { set(call.global().router_id, call.value()); }),
      obsolete(kHere, "lvs_id", "it was the name of this system before keepalived 1.1",
               "write `router_id`"),
      {.name = "notification_email",
       .where = kHere,
       .doc = "Who gets mail when an instance with smtp_alert changes state, one a line.",
       .into = "notifier.pb mail.to",
       .opens = Block::kMailAddresses,
       .repeats = true},
      {.where = Block::kMailAddresses,
       .takes = {rest("a mail address")},
       .doc = "A mail address; one with spaces stands in double quotes.",
       .into = "notifier.pb mail.to",
       .repeats = true,
       .apply = add_mail_addresses},
      kRow("notification_email_from", {word("a mail address")}, "keepalived@ and the host's name",
           "Who the mail is from.", "notifier.pb mail.from",
           [](Call& call) { set(call.global().mail.from, call.value()); }),
  };
  append(all, server_rows());
  append(all, alert_rows());
  return all;
}

}  // namespace holdfast::config
