// One mail over SMTP, by libcurl.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "common/clock.h"
#include "notifier/curl_library.h"
#include "notifier/mail_text.h"
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

// Blocks until the mail is delivered or the limits are over.
Delivery deliver(const SmtpJob& job, const CurlLibrary& library);

}  // namespace holdfast::notifier
