// The connection to the one engine: accepts it, sends to it, and closes it when it does not behave.
#pragma once

#include <memory>
#include <string>

#include "common/event_loop.h"
#include "common/frame_socket.h"
#include "common/log.h"
#include "net-helper/session.h"
#include "net-helper/trail.h"
#include "net.pb.h"

namespace holdfast::net {

class EngineLink {
 public:
  EngineLink(EventLoop& loop, UniqueFd listening, uid_t engine_user, EngineRequests& requests,
             Trail& trail);

  bool is_serving() const;
  // What the engine must learn of: if it does not take it, the connection is closed, and the next
  // hello tells all. Nothing while no engine is connected.
  void send(const wire::HelperToEngine& message);
  // What it may miss: false if its queue is full or nobody is there.
  bool offer(const wire::HelperToEngine& message);

 private:
  // Room in the queue beyond this is for what the engine must learn of.
  static constexpr size_t kQueuedOffersMax = 32;

  void accept(UniqueFd peer, ucred credentials);
  void on_frame(std::span<const std::byte> frame);
  void record(ucred peer, const LogMessage& deed, const std::string& detail);

  EventLoop& loop_;
  EngineRequests& requests_;
  Trail& trail_;
  FrameListener listener_;
  // Kept, closed, until the next engine: they may be on the call stack when the connection ends.
  std::unique_ptr<FrameChannel> channel_;
  std::unique_ptr<Session> session_;
  ucred engine_{};
};

}  // namespace holdfast::net
