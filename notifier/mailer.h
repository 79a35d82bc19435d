// Mail from "it has to go" to "a server has it": spool, order, back-off and delivery together.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/event_loop.h"
#include "notifier/mail_queue.h"
#include "notifier/mail_text.h"
#include "notifier/settings.h"
#include "notifier/smtp_worker.h"
#include "notifier/spool.h"

namespace holdfast::notifier {

class Mailer {
 public:
  // `changed` is called when waiting() or busy() may have changed, not from the constructor.
  // What the spool holds of a former run goes out first, once configure() has said where to.
  // `curl_file`: as load_curl() has it.
  Mailer(EventLoop& loop, Spool spool, std::function<void()> changed,
         std::string curl_file = kCurlFile);

  // Where mail goes from now on. A mail that is being sent is not disturbed.
  void configure(const MailSettings& settings);
  // Takes a mail over. It is on disk when commit() returns (or, logged, in memory alone).
  void add(const Mail& mail, uint64_t now_unix_ms);
  void commit();

  size_t waiting() const { return queue_.size(); }
  // Something is being sent, or would be at once: false while a back-off runs.
  bool busy() const;

 private:
  void enqueue(WaitingMail mail);
  void go_on();
  void on_delivery(const Delivery& delivery);
  void tell_of_curl(const Delivery& delivery);
  void finish_accepted(const Delivery& delivery);
  void retry_later(MailQueue::Failure failure, const std::string& said);
  void keep_for(std::vector<std::string> recipients);

  Spool spool_;
  std::function<void()> changed_;
  MailSettings settings_;
  MailQueue queue_;
  WaitingMail current_;  // what is being sent
  Mail current_mail_;
  uint64_t dropped_ = 0;
  bool unsynced_ = false;
  bool without_curl_ = false;  // and that was told
  Timer timer_;
  SmtpWorker worker_;
};

}  // namespace holdfast::notifier
