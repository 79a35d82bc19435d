// `holdfast status`: asks the engine over control.sock and reads the launcher's process table.
#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>

#include "cli/process_table.h"
#include "cli/status_text.h"
#include "cli/subcommand.h"
#include "common/frame_endpoint.h"
#include "common/frame_socket.h"

namespace holdfast::cli {
namespace {

struct StatusOptions {
  std::string runtime_directory = kDefaultRuntimeDirectory;
  bool json = false;
};

constexpr int kAnswerTimeoutMs = 2000;

Result<wire::StatusReply> receive_reply(int fd) {
  wire::StatusReply whole;
  std::vector<std::byte> buffer(kFrameBytesMax);
  for (bool more = true; more;) {
    pollfd ready{.fd = fd, .events = POLLIN, .revents = 0};
    if (::poll(&ready, 1, kAnswerTimeoutMs) <= 0) return failure("no answer within 2 s");
    const ssize_t size = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (size < 0) return system_failure("receive");
    if (size == 0) return failure("it closed the connection");
    wire::EngineToOperator answer;
    if (!parse_frame(std::span(buffer).first(static_cast<size_t>(size)), answer)) {
      return failure("its answer is unreadable");
    }
    if (answer.has_failure()) return failure(answer.failure().text());
    more = answer.status().more();
    whole.MergeFrom(answer.status());
  }
  return whole;
}

Result<wire::StatusReply> ask_engine(const std::string& runtime_directory) {
  const auto fd = connect_frame_socket(runtime_directory + "/control.sock");
  if (!fd) return std::unexpected(fd.error());
  wire::OperatorToEngine request;
  request.mutable_status()->set_protocol_version(kProtocolVersion);
  const std::string bytes = request.SerializeAsString();
  if (::send(fd->get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0) {
    return system_failure("send");
  }
  return receive_reply(fd->get());
}

int run(const StatusOptions& options) {
  Status status;
  auto engine = ask_engine(options.runtime_directory);
  if (engine) {
    status.engine = std::move(*engine);
  } else {
    status.engine_error = engine.error().text;
  }
  status.processes = read_process_table(options.runtime_directory);
  const auto now = static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                             std::chrono::system_clock::now().time_since_epoch())
                                             .count());
  fmt::print("{}", options.json ? status_json(status, now) : status_text(status, now));
  if (!status.engine) return kExitFailure;
  const bool fault = std::ranges::any_of(status.engine->routers(), [](const auto& router) {
    return router.state() == wire::ROUTER_STATE_FAULT;
  });
  return fault ? kExitFault : kExitSuccess;
}

}  // namespace

void add_status(CLI::App& app, int& exit_status) {
  auto options = std::make_shared<StatusOptions>();
  CLI::App* command = app.add_subcommand("status", "What each router is, since when, and why");
  command->add_flag("--json", options->json, "for programs");
  command->add_option("--runtime-dir", options->runtime_directory, "of the suite to ask")
      ->capture_default_str();
  command->footer(
      "Exit status: 0 the engine answers, 1 it does not, 2 usage, 3 a router is in Fault.");
  command->callback([options, &exit_status] { exit_status = run(*options); });
}

}  // namespace holdfast::cli
