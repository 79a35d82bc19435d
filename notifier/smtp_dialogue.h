// What became of a mail, concluded from the dialogue with the server. Pure: fed with the lines
// that went out and came in.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdfast::notifier {

struct Delivery {
  enum class Kind {
    kAccepted,  // for the recipients that are not listed below
    kTryAgain,  // nothing was accepted; the server could not be reached or did not answer in time
    kPutOff,    // nothing was accepted; the server answered 4xx for this mail
    kRefused,   // nothing was accepted, and never will be: 5xx
    kNotTried,  // libcurl cannot be loaded
  };
  struct Recipient {
    std::string address;
    std::string said;
  };
  Kind kind = Kind::kTryAgain;
  std::string said;  // the deciding reply of the server, or what went wrong before there was one
  std::vector<Recipient> put_off;  // 4xx for this recipient alone
  std::vector<Recipient> refused;  // 5xx for this recipient alone
};

class SmtpDialogue {
 public:
  void sent(std::string_view line);      // a command of ours
  void received(std::string_view line);  // one line of a reply
  // `transport_error`: why the conversation ended early; empty if it went through.
  Delivery conclude(std::string_view transport_error) const;
  // The server has taken responsibility: what is left is taking leave.
  bool accepted() const { return accepted_; }

 private:
  // A 5xx before MAIL FROM is about us or the server, not about this mail: it is tried again.
  enum class Stage { kGreeting, kSender, kRecipient, kData, kText };
  struct Refusal {
    int code = 0;
    std::string said;
  };
  void decide(int code, const std::string& reply);

  Stage stage_ = Stage::kGreeting;
  std::string recipient_;  // of the last RCPT TO
  std::vector<Delivery::Recipient> put_off_;
  std::vector<Delivery::Recipient> refused_;
  Refusal last_refusal_;     // the 4xx or 5xx that answered the last command
  bool about_mail_ = false;  // that refusal came after MAIL FROM
  bool leaving_ = false;     // after QUIT no reply matters
  bool accepted_ = false;
  std::string accepted_reply_;
};

}  // namespace holdfast::notifier
