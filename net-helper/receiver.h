// Receiving VRRP for the engine: one raw socket for each interface and group, filtered in the
// kernel to the VRIDs that are configured there. The datagrams are forwarded unread.
#pragma once

#include <linux/filter.h>

#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/error.h"
#include "common/event_loop.h"
#include "common/unique_fd.h"
#include "net-helper/links.h"
#include "net-helper/policy.h"
#include "net-helper/trail.h"
#include "net.pb.h"

namespace holdfast::net {

// Admits datagrams to `group` whose second payload byte is one of the VRIDs and that are no longer
// than an advertisement can be.
std::vector<sock_filter> receive_filter(Ipv4 group, const std::set<uint8_t>& vrids);
class Receiver {
 public:
  // Called with a `packets` message, all of one interface, that fits into a frame.
  using Deliver = std::function<void(wire::HelperToEngine&)>;

  Receiver(EventLoop& loop, Trail& trail, Deliver deliver);
  // Opens and closes sockets until they match; those that match already are left alone.
  void update(const Policy& policy, const Links& links);

 private:
  using Key = std::pair<std::string, Ipv4>;  // interface, group
  struct Port {
    int interface_index = 0;
    std::set<uint8_t> vrids;
    UniqueFd fd;
    Source source;
  };

  Result<void> open(const Key& key, Port& port);
  void receive();
  void receive(const std::string& interface, const UniqueFd& fd);

  EventLoop& loop_;
  Trail& trail_;
  Deliver deliver_;
  std::map<Key, Port> ports_;
  Timer listening_;  // after a pause
  Duration pause_{};
  wire::HelperToEngine received_;
};

}  // namespace holdfast::net
