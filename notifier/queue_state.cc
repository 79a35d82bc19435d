#include "notifier/queue_state.h"

#include <cassert>
#include <utility>

namespace holdfast::notifier {

size_t QueueState::add(Notification notification) {
  if (notification.commands.empty()) return 0;
  const uint32_t id = notification.router_id;
  const auto [entry, is_new] = routers_.try_emplace(id);
  RouterQueue& queue = entry->second;
  size_t given_up = 0;
  if (queue.waiting.size() >= waiting_max_) {
    given_up = queue.waiting.size();
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
    queue.waiting.pop_front();
  }
  Turn turn{.router_id = id, .what = queue.what, .command = std::move(queue.rest.front())};
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
