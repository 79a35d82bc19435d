// Users and groups of this host, out of /etc/passwd and /etc/group alone: the compiler, which asks,
// may open no socket, so it cannot ask a directory service.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "config/script_users.h"

namespace holdfast::cli {

std::optional<config::Account> find_account(const std::string& user);
std::optional<uint32_t> find_group(const std::string& group);

// The administrator has enabled root's runner: `systemctl enable holdfast-runner@root.socket`.
bool has_root_runner_enabled();

}  // namespace holdfast::cli
