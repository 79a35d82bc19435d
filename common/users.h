// Users named on a command line.
#pragma once

#include <sys/types.h>

#include <string>

#include "common/error.h"

namespace holdfast {

// A decimal uid, or the name of a user of this system.
Result<uid_t> user_id(const std::string& text);

// Whether our user namespace knows this user (user_namespaces(7)): only then can a process become
// it, and only then is it shown under its number.
bool is_mapped_user(uid_t user);

}  // namespace holdfast
