// `holdfast status`: what the engine and the launcher said, for a person or a program. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "control.pb.h"
#include "processes.pb.h"

namespace holdfast::cli {

struct Status {
  std::optional<wire::StatusReply> engine;  // absent: it does not answer
  std::string engine_error;
  std::optional<wire::ProcessTable> processes;  // absent: not started by `holdfast run`
};

std::string_view state_name(wire::RouterState state);  // "Backup"
std::string status_text(const Status& status, uint64_t now_unix_ms);
std::string status_json(const Status& status, uint64_t now_unix_ms);

}  // namespace holdfast::cli
