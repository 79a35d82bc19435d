// What may be said over the sockets between the processes, in words.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/audit/snapshot.h"
#include "net-helper/policy.h"

namespace holdfast::cli::audit {

// A line a router: "vrrp-engine may: hold or release 192.0.2.1/24 on eth0; ...; nothing else".
std::vector<std::string> policy_in_words(const net::Policy& policy);

// The compiled policy of a file's content.
Result<std::vector<std::string>> policy_lines(std::string_view content, const std::string& name);

struct AllowedMessage {
  std::string from;
  std::string to;
  std::string phase;
  std::string message;
  std::string otherwise;
};
std::vector<AllowedMessage> allowed_messages();

}  // namespace holdfast::cli::audit
