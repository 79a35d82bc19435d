#include "notifier/smtp_dialogue.h"

#include <algorithm>

#include "common/log.h"

namespace holdfast::notifier {
namespace {

std::string_view trimmed(std::string_view line) {
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
  return line;
}

// The code of a reply's last line ("250 ok"), 0 for the lines before ("250-…") and for anything
// else (RFC 5321 4.2.1).
int final_code(std::string_view line) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (line.size() < 3 || !std::ranges::all_of(line.substr(0, 3), digit)) return 0;
  if (line.size() > 3 && line[3] != ' ') return 0;
  return (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
}

}  // namespace

void SmtpDialogue::sent(std::string_view line) {
  line = trimmed(line);
  // Taking leave changes nothing; a refusal that the conversation went on from decides nothing.
  if (line == "QUIT") {
    leaving_ = true;
    return;
  }
  last_refusal_ = {};
  about_mail_ = false;
  if (line.starts_with("MAIL FROM:")) {
    stage_ = Stage::kSender;
  } else if (line.starts_with("RCPT TO:")) {
    stage_ = Stage::kRecipient;
    const size_t open = line.find('<');
    const size_t close = line.rfind('>');
    recipient_ = open == std::string_view::npos || close == std::string_view::npos || close < open
                     ? std::string(line)
                     : std::string(line.substr(open + 1, close - open - 1));
  } else if (line == "DATA") {
    stage_ = Stage::kData;
  }
}

void SmtpDialogue::received(std::string_view line) {
  line = trimmed(line);
  const int code = final_code(line);
  if (code != 0) decide(code, log::printable(line));
}

void SmtpDialogue::decide(int code, const std::string& reply) {
  if (leaving_) return;
  if (code >= 400) {
    last_refusal_ = {code, reply};
    about_mail_ = stage_ != Stage::kGreeting;
    if (stage_ == Stage::kRecipient) {
      (code >= 500 ? refused_ : put_off_).push_back({recipient_, reply});
    }
  } else if (stage_ == Stage::kData && code == 354) {
    stage_ = Stage::kText;
  } else if (stage_ == Stage::kText && code / 100 == 2) {
    accepted_ = true;
    accepted_reply_ = reply;
  }
}

Delivery SmtpDialogue::conclude(std::string_view transport_error) const {
  Delivery delivery;
  if (accepted_) {
    delivery = {Delivery::Kind::kAccepted, accepted_reply_, put_off_, refused_};
    return delivery;
  }
  if (!about_mail_) {
    delivery.said = last_refusal_.code != 0 ? last_refusal_.said : std::string(transport_error);
    return delivery;
  }
  delivery.said = last_refusal_.said;
  // 421: the server closes the channel (RFC 5321 3.8), which says nothing about the mail.
  if (last_refusal_.code == 421) return delivery;
  // One recipient that may still be taken keeps the mail; the others are named in `refused`.
  const bool for_good =
      last_refusal_.code >= 500 && (stage_ != Stage::kRecipient || put_off_.empty());
  delivery.kind = for_good ? Delivery::Kind::kRefused : Delivery::Kind::kPutOff;
  if (!for_good) delivery.refused = refused_;
  return delivery;
}

}  // namespace holdfast::notifier
