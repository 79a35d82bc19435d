// The checker's side of its granted runner (granted_runner_main.h says what that is).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "checker/grant_protocol.h"
#include "common/child_process.h"
#include "common/error.h"
#include "common/unique_fd.h"

namespace holdfast::checker {

class GrantedRunner {
 public:
  // Starts `executable --granted-runner --config config_path` while this process still has
  // CAP_KILL, by fork and exec: so that it shares no address-space layout, no canary and no open
  // file with the process that reads what scripts and the engine say. Returns once it is confined
  // and has read its checker.pb; nothing if no check there asks for the grant.
  static Result<std::optional<GrantedRunner>> start(const std::string& executable,
                                                    const std::string& config_path);
  // One that was started before this program executed itself anew: its socket is kGrantSocket.
  static GrantedRunner inherited(pid_t pid);
  // Moves the socket to kGrantSocket, where it outlives the next exec.
  Result<void> survive_exec();

  GrantedRunner(GrantedRunner&&) noexcept = default;
  GrantedRunner& operator=(GrantedRunner&&) noexcept = default;
  ~GrantedRunner() = default;  // the runner ends with its socket; its owner reaps pid()

  pid_t pid() const { return pid_; }
  // Waits for the answer, which needs no more than a fork; at most 2 s.
  Result<SpawnedScript> spawn(uint64_t generation, uint32_t check_id);
  // Returns the generation that the runner now holds.
  Result<uint64_t> reload();
  // No answer came, or none that makes sense: nothing more will.
  bool is_broken() const { return broken_; }

 private:
  GrantedRunner(pid_t pid, UniqueFd socket) : pid_(pid), socket_(std::move(socket)) {}
  Result<void> request(const GrantRequest& request, const ScriptWriters* writers);
  Result<GrantReply> reply();

  pid_t pid_;
  UniqueFd socket_;
  bool broken_ = false;
};

}  // namespace holdfast::checker
