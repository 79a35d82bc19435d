// Users named on a command line.
#pragma once

#include <sys/types.h>

#include <string>

#include "common/error.h"

namespace holdfast {

// A decimal uid, or the name of a user of this system.
Result<uid_t> user_id(const std::string& text);

}  // namespace holdfast
