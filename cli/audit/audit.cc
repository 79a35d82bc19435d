// `holdfast audit`: reads the running suite from the kernel and holds it against what is declared.
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>

#include <filesystem>
#include <memory>

#include "cli/audit/boundary.h"
#include "cli/audit/declared.h"
#include "cli/audit/judge.h"
#include "cli/audit/process_reader.h"
#include "cli/audit/report.h"
#include "cli/audit/suite_finder.h"
#include "cli/process_table.h"
#include "cli/subcommand.h"
#include "common/compiled_file.h"
#include "common/log.h"
#include "common/read_file.h"
#include "common/unique_fd.h"

namespace holdfast::cli {
namespace {

using namespace audit;  // NOLINT(google-build-using-namespace): this is its command

struct AuditOptions {
  std::string runtime_directory = kDefaultRuntimeDirectory;
  bool json = false;
};

Result<SocketOwner> read_socket_owner(const std::string& path) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) < 0) return failure(error_text(errno));
  constexpr uint32_t kPermissions = 07777;
  return SocketOwner{.uid = status.st_uid,
                     .gid = status.st_gid,
                     .mode = status.st_mode & kPermissions,
                     .is_socket = S_ISSOCK(status.st_mode),
                     .user = user_text(status.st_uid),
                     .group = group_text(status.st_gid)};
}

std::vector<SocketFile> read_socket_files(const std::string& directory, bool by_launcher) {
  std::vector<SocketFile> files;
  for (const DeclaredSocket& declared : kDeclaredSockets) {
    const std::string name(declared.name);
    auto owner = read_socket_owner(fmt::format("{}/{}", directory, name));
    if (declared.by_launcher_alone && !by_launcher && !owner) continue;
    files.push_back({name, std::move(owner)});
  }
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(directory, ignored)) {
    const std::string name = entry.path().filename().string();
    const bool asks = name.starts_with("runner.") && entry.path().extension() == ".sock";
    if (!asks && !name.starts_with("notify.runner.")) continue;
    files.push_back({log::printable(name), read_socket_owner(entry.path().string())});
  }
  return files;
}

// It belongs to the helper's user, so the reader of the four's own files would refuse it.
Result<std::vector<std::string>> read_policy(const std::string& directory) {
  const std::string path = directory + "/config/net.pb";
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd) return failure(fmt::format("{}: {}", path, error_text(errno)));
  constexpr size_t kHeaderBytes = 24;
  const auto content = read_up_to(fd.get(), kCompiledBytesMax + kHeaderBytes);
  if (!content) return std::unexpected(content.error());
  return policy_lines(*content, path);
}

// Nothing: no process of the suite runs.
Result<Snapshot> take_snapshot(const std::string& directory) {
  const auto candidates = read_candidates();
  Found found;
  Snapshot snapshot;
  if (const auto table = read_process_table(directory)) {
    found = find_suite(candidates, table);
    snapshot.by_launcher = !found.processes.empty();
  }
  // The units' directory is this one. A table that fits nothing was left behind.
  if (!snapshot.by_launcher && directory == kDefaultRuntimeDirectory) {
    found = find_suite(candidates, std::nullopt);
  }
  snapshot.runtime_directory = directory;
  snapshot.own_namespaces = read_own_namespaces();
  snapshot.scripts = found.scripts;
  const std::vector<std::string> paths = {
      "/",    "/etc", "/run",  directory,          directory + "/config", directory + "/spool",
      "/var", "/tmp", "/home", "/var/lib/holdfast"};
  for (const auto& [part, pid] : found.processes) {
    auto process = read_process(part, pid, paths);
    if (process) snapshot.processes.push_back(std::move(*process));
  }
  if (snapshot.processes.empty()) {
    return failure(fmt::format(
        "no process of a suite runs in {} or as a unit, as far as this user can see", directory));
  }
  snapshot.sockets = read_socket_files(directory, snapshot.by_launcher);
  snapshot.policy = read_policy(directory);
  return snapshot;
}

int run(const AuditOptions& options) {
  const auto snapshot = take_snapshot(options.runtime_directory);
  if (!snapshot) {
    fmt::print(stderr, "holdfast audit: {}\n", snapshot.error().text);
    return kExitUsage;
  }
  const auto deviations = judge(*snapshot);
  fmt::print("{}",
             options.json ? audit_json(*snapshot, deviations) : audit_text(*snapshot, deviations));
  return deviations.empty() ? kExitSuccess : kExitFailure;
}

}  // namespace

void add_audit(CLI::App& app, int& exit_status) {
  auto options = std::make_shared<AuditOptions>();
  CLI::App* command = app.add_subcommand(
      "audit", "What each process may do, declared against actual, and who may say what to whom");
  command->add_flag("--json", options->json, "for programs");
  command->add_option("--runtime-dir", options->runtime_directory, "of the suite to look at")
      ->capture_default_str();
  command->footer("Exit status: 0 no deviation, 1 deviations, 2 usage or nothing runs.");
  add_audit_log(*command, exit_status);
  command->callback([options, command, &exit_status] {
    if (command->get_subcommands().empty()) exit_status = run(*options);
  });
}

}  // namespace holdfast::cli
