#include "notifier/mail_queue.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace holdfast::notifier {

Duration Backoff::next() {
  const Duration delay = delay_;
  delay_ = std::min<Duration>(delay_ * 2, kLast);
  return delay;
}

std::optional<WaitingMail> MailQueue::add(WaitingMail mail) {
  std::optional<WaitingMail> dropped;
  if (mails_.size() >= mails_max_) {
    const auto first = mails_.begin() + (trying_ ? 1 : 0);
    auto victim = std::find_if(first, mails_.end(),
                               [](const WaitingMail& waiting) { return !waiting.urgent; });
    if (victim == mails_.end()) victim = first;
    if (victim != mails_.end()) {
      dropped = std::move(*victim);
      mails_.erase(victim);
    }
  }
  mails_.push_back(std::move(mail));
  return dropped;
}

const WaitingMail* MailQueue::start(TimePoint now) {
  const auto when = next_attempt();
  if (!when || now < *when) return nullptr;
  trying_ = true;
  return &mails_.front();
}

void MailQueue::done() {
  assert(trying_);
  trying_ = false;
  mails_.pop_front();
  backoff_.reset();
  not_before_ = {};
}

std::optional<Duration> MailQueue::failed(Failure failure, TimePoint now) {
  assert(trying_);
  trying_ = false;
  const Duration delay = backoff_.next();
  not_before_ = now + delay;
  WaitingMail mail = std::move(mails_.front());
  mails_.pop_front();
  if (mail.memory) return std::nullopt;
  if (failure == Failure::kMailPutOff && ++mail.put_off >= kPutOffMax) {
    mail.put_off = 0;
    mails_.push_back(std::move(mail));
  } else {
    mails_.push_front(std::move(mail));
  }
  return delay;
}

std::optional<TimePoint> MailQueue::next_attempt() const {
  if (trying_ || mails_.empty()) return std::nullopt;
  return not_before_;
}

void MailQueue::try_now() {
  backoff_.reset();
  not_before_ = {};
}

}  // namespace holdfast::notifier
