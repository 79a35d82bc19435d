// A directory of a former run's process is to be another user's.
#pragma once

#include <string>

#include "cli/run/identities.h"
#include "common/error.h"

namespace holdfast::cli {

// The directory and what in it belongs to its owner until now: files and directories. All else
// stays as it is, other users' files above all.
Result<void> hand_over(const std::string& directory, const Identities::Id& owner);

}  // namespace holdfast::cli
