// A libnl socket for requests to rtnetlink(7). Requests are answered by the kernel itself before
// it returns, so waiting for the answer is no waiting for anybody.
#pragma once

#include <memory>
#include <string>

#include "common/error.h"

struct nl_sock;

namespace holdfast::net {

struct NlSockFree {
  void operator()(nl_sock* socket) const;
};

class RouteSocket {
 public:
  static Result<RouteSocket> open();

  nl_sock* get() const { return socket_.get(); }
  // What the kernel said about the last request that failed (its extended acknowledgement, where
  // it gave one), else libnl's text for `error`. Forgotten with the call.
  std::string explain(int error) const;

 private:
  std::unique_ptr<nl_sock, NlSockFree> socket_;
  std::unique_ptr<std::string> kernel_text_;  // filled by a callback: must not move
};

}  // namespace holdfast::net
