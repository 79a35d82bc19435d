#include "notifier/mail_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>

#include "common/log.h"

namespace holdfast::notifier {
namespace {

// A header line may have 998 bytes (RFC 5322 2.1.1): each value is cut well before, after \xNN.
constexpr size_t kNameBytesMax = 100;
constexpr size_t kCauseBytesMax = 200;
constexpr size_t kAddressBytesMax = 240;

std::string_view subject_of(State to) {
  switch (to) {
    case State::kActive:
      return "Entering MASTER state";
    case State::kBackup:
      return "Entering BACKUP state";
    case State::kFault:
      return "Entering FAULT state";
    case State::kStopped:
      break;
  }
  return "Stopping";
}

std::string_view body_of(State to) {
  switch (to) {
    case State::kActive:
      return "=> VRRP Instance is now owning VRRP VIPs <=";
    case State::kBackup:
    case State::kFault:
      return "=> VRRP Instance is no longer owning VRRP VIPs <=";
    case State::kStopped:
      break;
  }
  return "=> VRRP Instance stopping <=";
}

tm utc(uint64_t unix_ms) {
  // The last second of year 9999: what a time of four-digit years can say.
  const auto seconds = static_cast<time_t>(std::min<uint64_t>(unix_ms / 1000, 253402300799));
  tm parts{};
  gmtime_r(&seconds, &parts);
  return parts;
}

// RFC 5322 3.3. Not strftime(3), whose names of days follow the locale.
std::string date_header(uint64_t unix_ms) {
  constexpr std::array<const char*, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<const char*, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const tm t = utc(unix_ms);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} +0000",
                     kDays.at(static_cast<size_t>(t.tm_wday)), t.tm_mday,
                     kMonths.at(static_cast<size_t>(t.tm_mon)), t.tm_year + 1900, t.tm_hour,
                     t.tm_min, t.tm_sec);
}

std::string time_text(uint64_t unix_ms) {
  const tm t = utc(unix_ms);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:03} UTC", t.tm_year + 1900,
                     t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec, unix_ms % 1000);
}

}  // namespace

Mail compose_mail(const MailSettings& settings, const MailEvent& event, uint64_t now_unix_ms,
                  std::string_view unique) {
  Mail mail;
  mail.urgent = event.to == State::kFault;
  mail.from = envelope_address(settings.from).value_or("");
  std::string to;
  for (const std::string& recipient : settings.to) {
    const auto address = envelope_address(recipient);
    if (!address) continue;
    mail.to.push_back(*address);
    if (!to.empty()) to += ",\r\n ";
    to += log::printable(recipient, kAddressBytesMax);
  }
  std::string& text = mail.text;
  text = fmt::format("Date: {}\r\n", date_header(now_unix_ms));
  text += fmt::format("From: {}\r\n", log::printable(settings.from, kAddressBytesMax));
  text += fmt::format("Subject: [{}] VRRP Instance {} - {}\r\n",
                      log::printable(settings.router_id, kNameBytesMax),
                      log::printable(event.router_name, kNameBytesMax), subject_of(event.to));
  text += fmt::format("To: {}\r\n", to);
  text += fmt::format("Message-ID: <{}@{}>\r\n", unique, settings.helo_name);
  text += "X-Mailer: holdfast\r\n\r\n";
  text += fmt::format("{}\r\n\r\n", body_of(event.to));
  if (!event.cause.empty()) {
    text += fmt::format("Cause: {}\r\n", log::printable(event.cause, kCauseBytesMax));
  }
  text += fmt::format("Time: {}\r\n", time_text(event.at_unix_ms));
  return mail;
}

}  // namespace holdfast::notifier
