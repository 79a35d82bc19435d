#include "vrrp-engine/announcement_pacer.h"

#include <algorithm>

namespace holdfast::vrrp {

void AnnouncementPacer::spend(size_t frames, TimePoint now) {
  spent_until_ = std::max(spent_until_, now) + frames * kPerFrame;
}

uint32_t AnnouncementPacer::admit(const Batch& batch, TimePoint now) {
  if (batch.frames == 0) return 0;
  const Duration ahead = std::max(spent_until_ - now, Duration{0});
  const bool fits = ahead + batch.addresses * batch.frames * kPerFrame <= kBurst;
  const uint32_t frames = fits ? batch.frames : 1;
  spend(batch.addresses * frames, now);
  if (frames < batch.frames) {
    // A batch that is waiting still is replaced: the neighbours need the newest only.
    std::erase_if(waiting_, [&batch](const Batch& one) { return one.router == batch.router; });
    waiting_.push_back({batch.router, batch.addresses, batch.frames - frames});
  }
  return frames;
}

// Half of the burst stays for claims that come meanwhile.
std::optional<TimePoint> AnnouncementPacer::next() const {
  if (waiting_.empty()) return std::nullopt;
  return spent_until_ - kBurst / 2;
}

std::vector<AnnouncementPacer::Batch> AnnouncementPacer::take_due(TimePoint now) {
  std::vector<Batch> due;
  while (next().value_or(TimePoint::max()) <= now) {
    Batch batch = waiting_.front();
    waiting_.pop_front();
    due.push_back({batch.router, batch.addresses, 1});
    spend(batch.addresses, now);
    if (--batch.frames > 0) waiting_.push_back(batch);
  }
  return due;
}

}  // namespace holdfast::vrrp
