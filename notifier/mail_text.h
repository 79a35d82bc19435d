// What a mail says. Pure; the subject and the first line of the body are keepalived's, byte for
// byte, because people filter on them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "notifier/settings.h"

namespace holdfast::notifier {

// A finished mail: the envelope (RFC 5321) and the text (RFC 5322), which then never change.
struct Mail {
  std::string from;             // envelope address
  std::vector<std::string> to;  // envelope addresses, at least one
  std::string text;             // headers, empty line, body; lines end in CRLF, not dot-stuffed
  bool urgent = false;          // given up last when the spool is full: entering FAULT
};

struct MailEvent {
  std::string_view router_name;
  State to = State::kBackup;
  std::string_view cause;  // may be empty
  uint64_t at_unix_ms = 0;
};

// `unique` makes the Message-ID: letters, digits, dots. Names and causes cannot add a header line:
// whatever is not printable ASCII becomes \xNN.
Mail compose_mail(const MailSettings& settings, const MailEvent& event, uint64_t now_unix_ms,
                  std::string_view unique);

}  // namespace holdfast::notifier
