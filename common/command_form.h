// A command of a compiled file as what can be started, arguments appended.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/child_process.h"
#include "common/error.h"
#include "common_config.pb.h"

namespace holdfast {

// A command whose arguments can still be appended.
struct CommandForm {
  std::vector<std::string> argv;  // empty: `remote` says who has the words
  bool shell = false;             // argv is {interpreter, "-c", the author's words}
  std::string text;
  std::optional<RemoteScript> remote;
};

// An error says what is wrong with it: the compiler writes no such command.
Result<CommandForm> command_form(const compiled::Command& command);

// Exec: appended to argv. Shell: the author's words get ` "$@"` appended and the arguments become
// the positional parameters, so that no byte of them is read as shell syntax. A remote one stays
// as it is: its words are its runner's.
ScriptCommand with_arguments(const CommandForm& form, const std::vector<std::string>& arguments);

}  // namespace holdfast
