#include "cli/engine_client.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "common/frame_endpoint.h"
#include "common/frame_socket.h"

namespace holdfast::cli {
namespace {

constexpr int kAnswerTimeoutMs = 2000;
// A VRRPv3 router with the longest interval lingers for 41 s; an engine that says more is not one.
constexpr uint64_t kWaitMsMax = 60'000;

Result<UniqueFd> ask(const std::string& runtime_directory, const wire::OperatorToEngine& request) {
  auto fd = connect_frame_socket(runtime_directory + "/control.sock");
  if (!fd) return fd;
  const std::string bytes = request.SerializeAsString();
  if (::send(fd->get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0) {
    return system_failure("send");
  }
  return fd;
}

Result<wire::EngineToOperator> receive(const UniqueFd& fd, int timeout_ms) {
  std::vector<std::byte> buffer(kFrameBytesMax);
  pollfd ready{.fd = fd.get(), .events = POLLIN, .revents = 0};
  if (::poll(&ready, 1, timeout_ms) <= 0) {
    return failure(fmt::format("no answer within {} s", timeout_ms / 1000));
  }
  const ssize_t size = ::recv(fd.get(), buffer.data(), buffer.size(), 0);
  if (size < 0) return system_failure("receive");
  if (size == 0) return failure("it closed the connection");
  wire::EngineToOperator answer;
  if (!parse_frame(std::span(buffer).first(static_cast<size_t>(size)), answer)) {
    return failure("its answer is unreadable");
  }
  if (answer.has_failure()) return failure(answer.failure().text());
  return answer;
}

}  // namespace

Result<wire::StatusReply> ask_for_status(const std::string& runtime_directory) {
  wire::OperatorToEngine request;
  request.mutable_status()->set_protocol_version(kProtocolVersion);
  const auto fd = ask(runtime_directory, request);
  if (!fd) return std::unexpected(fd.error());
  wire::StatusReply whole;
  for (bool more = true; more;) {
    const auto answer = receive(*fd, kAnswerTimeoutMs);
    if (!answer) return std::unexpected(answer.error());
    more = answer->status().more();
    whole.MergeFrom(answer->status());
  }
  return whole;
}

Result<void> ask_for_maintenance(
    const std::string& runtime_directory,
    const std::function<void(const wire::MaintenanceOutcome&)>& outcome) {
  wire::OperatorToEngine request;
  request.mutable_maintenance()->set_protocol_version(kProtocolVersion);
  const auto fd = ask(runtime_directory, request);
  if (!fd) return std::unexpected(fd.error());
  int timeout_ms = kAnswerTimeoutMs;
  for (bool more = true; more;) {
    const auto answer = receive(*fd, timeout_ms);
    if (!answer) return std::unexpected(answer.error());
    const wire::MaintenanceReply& reply = answer->maintenance();
    for (const wire::MaintenanceOutcome& one : reply.outcomes()) outcome(one);
    more = reply.more();
    timeout_ms = kAnswerTimeoutMs + static_cast<int>(std::min(reply.wait_ms(), kWaitMsMax));
  }
  return {};
}

}  // namespace holdfast::cli
