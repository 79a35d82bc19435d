// The receiving end of sd_notify(3): what one process tells its service manager, which is us.
#pragma once

#include <functional>
#include <string>

#include "cli/run/identities.h"
#include "common/error.h"
#include "common/event_loop.h"
#include "common/unique_fd.h"

namespace holdfast::cli {

class NotifySocket {
 public:
  // The kernel's word for who sent it; the text is that process's.
  using Received = std::function<void(pid_t sender, const std::string& text)>;

  // Only this user may write to it.
  static Result<UniqueFd> bind(const std::string& path, const Identities::Id& client);
  NotifySocket(EventLoop& loop, UniqueFd fd, Received received);

 private:
  void receive();

  UniqueFd fd_;
  Received received_;
  Source source_;
};

// The value of "KEY=value" on a line of its own; empty if there is none.
std::string notify_value(const std::string& text, const std::string& key);

}  // namespace holdfast::cli
