// Delivers one mail at a time over SMTP (libcurl) on a thread of its own.
//
// A thread and not libcurl's multi interface, because closing an SMTP connection waits for the
// answer to QUIT inside libcurl, and a server that stays silent there would hold up the scripts
// and events.sock. Nothing of the mail or the server reaches the loop but the finished Delivery.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "common/event_loop.h"
#include "common/unique_fd.h"
#include "notifier/mail_text.h"
#include "notifier/settings.h"
#include "notifier/smtp_dialogue.h"

namespace holdfast::notifier {

struct SmtpJob {
  Mail mail;
  std::string server;  // host name, IPv4 or IPv6 address
  uint16_t port = 25;
  std::string helo_name;
  Duration connect_timeout{};
};

constexpr std::chrono::seconds kTransactionLimit{60};

// Blocks until the mail is delivered, the limits are over, or within about 1 s of a stop request.
Delivery deliver(const SmtpJob& job, const std::stop_token& stop);

class SmtpWorker {
 public:
  // `done` is called on the loop's thread, once for each send().
  SmtpWorker(EventLoop& loop, std::function<void(const Delivery&)> done);
  // Waits for the thread: up to about 1 s in the middle of a transaction, whose outcome is lost.
  ~SmtpWorker();
  SmtpWorker(const SmtpWorker&) = delete;
  SmtpWorker& operator=(const SmtpWorker&) = delete;

  // Only when no other job is under way.
  void send(SmtpJob job);

 private:
  void work(const std::stop_token& stop);
  void on_result();

  std::function<void(const Delivery&)> done_;
  UniqueFd result_ready_;  // eventfd(2)
  Source source_;
  std::mutex mutex_;  // guards the two below
  std::optional<SmtpJob> job_;
  std::optional<Delivery> result_;
  std::condition_variable_any job_ready_;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace holdfast::notifier
