#include "notifier/queue_state.h"

#include <cassert>
#include <utility>

namespace holdfast::notifier {

std::vector<TransitionId> QueueState::add(Notification notification) {
  if (notification.commands.empty()) return {};
  const uint32_t id = notification.router_id;
  const auto [entry, is_new] = routers_.try_emplace(id);
  RouterQueue& queue = entry->second;
  std::vector<TransitionId> given_up;
  if (queue.waiting.size() >= waiting_max_) {
    for (const Notification& stale : queue.waiting) given_up.push_back(stale.transition);
    queue.waiting.clear();
  }
  queue.waiting.push_back(std::move(notification));
  if (is_new) ready_.push_back(id);
  return given_up;
}

std::optional<Turn> QueueState::next() {
  if (ready_.empty() || running_ >= parallel_max_) return std::nullopt;
  const uint32_t id = ready_.front();
  ready_.pop_front();
  RouterQueue& queue = routers_.at(id);
  if (queue.rest.empty()) {
    Notification& first = queue.waiting.front();
    queue.rest.assign(std::make_move_iterator(first.commands.begin()),
                      std::make_move_iterator(first.commands.end()));
    queue.what = std::move(first.what);
    queue.transition = first.transition;
    queue.begun = first.begun;
    queue.waiting.pop_front();
  }
  Turn turn{.router_id = id,
            .what = queue.what,
            .command = std::move(queue.rest.front()),
            .transition = queue.transition,
            .begun = ++queue.begun,
            .is_last = queue.rest.size() == 1};
  queue.rest.pop_front();
  ++running_;
  return turn;
}

void QueueState::finished(uint32_t router_id) {
  const auto entry = routers_.find(router_id);
  assert(entry != routers_.end() && running_ > 0);
  --running_;
  if (entry->second.rest.empty() && entry->second.waiting.empty()) {
    routers_.erase(entry);
  } else {
    ready_.push_back(router_id);
  }
}

}  // namespace holdfast::notifier
