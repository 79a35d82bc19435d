// Why a script could not be executed, in words for an operator.
#pragma once

#include <string>

#include "common/error.h"

namespace holdfast {

// The file that `name` means: itself if it has a slash, else the first executable regular file of
// that name in kScriptPath. An error says what was looked for.
Result<std::string> find_command(const std::string& name);

// What execve(2) of `file` meant by this errno: "/x: no such file", "/x: its interpreter
// `/usr/bin/python9` does not exist", "/x: not executable for user 997 (mode 0644)".
std::string explain_exec_error(const std::string& file, int error_number);

}  // namespace holdfast
