// Delivers one mail at a time, in a process that is forked for it and ends with it.
//
// In a process of its own, because what libcurl brings does not go away again before the process
// does, because libcurl waits for a server inside its calls, and because a mistake in it then costs
// one try of one mail. Not executed anew: it has the mail by the fork, and is of the same build
// also when an upgrade has replaced the file.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/child_process.h"
#include "common/event_loop.h"
#include "notifier/smtp_transaction.h"

namespace holdfast::notifier {

// proto/delivery.proto. Nothing if it is no such message, of no kind, or about other recipients
// than `to`.
std::string delivery_bytes(const Delivery& delivery);
std::optional<Delivery> delivery_from(const std::string& bytes, const std::vector<std::string>& to);

// The caller's process must have one thread.
class SmtpWorker {
 public:
  // `done` is called from the loop, once for each send(). `curl_file`: as load_curl() has it.
  SmtpWorker(EventLoop& loop, std::function<void(const Delivery&)> done,
             std::string curl_file = kCurlFile);

  // Only when no other job is under way. Destroying the worker ends its process; whether the mail
  // was delivered is then not known.
  void send(const SmtpJob& job);

 private:
  void on_end(const ScriptOutcome& outcome);

  EventLoop& loop_;
  std::function<void(const Delivery&)> done_;
  std::string curl_file_;
  std::vector<std::string> to_;  // of the mail under way
  std::unique_ptr<ScriptRun> process_;
};

}  // namespace holdfast::notifier
