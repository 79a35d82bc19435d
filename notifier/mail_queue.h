// Which mail is tried when. Pure: no file, no network, and the time is an argument.
//
// Mails go out one at a time in their order; while the server does not take the first, the others
// wait behind it. A mail that the server itself keeps putting off steps behind the others after
// kPutOffMax times, so that it cannot hold them up for good.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "common/clock.h"
#include "notifier/mail_text.h"

namespace holdfast::notifier {

// 5 s, doubling to 5 min.
class Backoff {
 public:
  static constexpr std::chrono::seconds kFirst{5};
  static constexpr std::chrono::seconds kLast{300};
  Duration next();
  void reset() { delay_ = kFirst; }

 private:
  Duration delay_ = kFirst;
};

struct WaitingMail {
  std::string name;  // in the spool; of a mail in memory: any
  bool urgent = false;
  std::shared_ptr<const Mail> memory;  // not on disk: tried once
  unsigned put_off = 0;
};

class MailQueue {
 public:
  static constexpr size_t kMailsMax = 1000;
  static constexpr unsigned kPutOffMax = 8;
  explicit MailQueue(size_t mails_max = kMailsMax) : mails_max_(mails_max) {}

  // Returns the mail that has to go for the new one: the oldest that is not urgent, else the
  // oldest; never the one that is being tried.
  std::optional<WaitingMail> add(WaitingMail mail);

  // The mail to try now; until its outcome is reported there is no other.
  const WaitingMail* start(TimePoint now);
  // Gone: accepted, or refused for good. The server talks, so the next one is tried at once.
  void done();
  enum class Failure { kServer, kMailPutOff };
  // Returns how long to wait, or nothing for a mail in memory, which is lost now.
  std::optional<Duration> failed(Failure failure, TimePoint now);

  // When start() would give a mail; nothing: none waits, or one is being tried.
  std::optional<TimePoint> next_attempt() const;
  // Another configuration may mend what failed.
  void try_now();
  size_t size() const { return mails_.size(); }
  bool trying() const { return trying_; }

 private:
  size_t mails_max_;
  std::deque<WaitingMail> mails_;  // the first is the one that is being tried
  bool trying_ = false;
  TimePoint not_before_{};
  Backoff backoff_;
};

}  // namespace holdfast::notifier
