// Tells the engine about health over health.sock (proto/health.proto).
//
// Holds the latest word on each decided check. After each connect everything is told, then what
// changes as it changes, and every 5 s everything again. If the engine does not take it, the
// latest word is told later: nothing piles up. Gone or refusing, the engine is tried again after
// 20 ms, doubling to 1 s.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "common/event_loop.h"
#include "common/frame_socket.h"
#include "health.pb.h"

namespace holdfast::checker {

class EngineLink {
 public:
  EngineLink(EventLoop& loop, std::string path);

  // A new configuration: its ids mean other checks, so the engine is greeted anew.
  void restart(uint64_t generation, const std::vector<wire::Health>& decided);
  void update(const wire::Health& health);

 private:
  void connect();
  void retry_later();
  void on_frame(std::span<const std::byte> frame);
  void on_closed(const std::string& why);
  void refuse(const std::string& why);
  void tell_all();
  void flush();

  EventLoop& loop_;
  std::string path_;
  uint64_t generation_ = 0;
  std::map<uint32_t, wire::Health> latest_;
  std::set<uint32_t> untold_;
  std::unique_ptr<FrameChannel> channel_;
  bool greeted_ = false;
  bool outage_logged_ = false;
  Duration backoff_;
  Timer retry_;
  Timer refresh_;
  Timer flush_again_;
};

}  // namespace holdfast::checker
