// Names of users that a runner can have.
#pragma once

#include <string_view>

namespace holdfast {

// Fit for the name of a user whom systemd starts units for and of a file: a letter or `_` first,
// then letters, digits, `_` and `-`, at most 31 bytes. Neither `.` nor `/` nor a number.
bool is_runner_user(std::string_view name);

}  // namespace holdfast
