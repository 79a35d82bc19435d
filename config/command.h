// How a script string is to be run: directly, or under a shell that understands it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/script_files.h"

namespace holdfast::config {

struct Command {
  enum class Runner { kExec, kSh, kBash };

  std::string text;  // as the author wrote it
  Runner runner = Runner::kExec;
  std::vector<std::string> argv;  // kExec: the words, quotes and escapes resolved
  std::string reason;             // why a shell: "`&&` is a shell operator"
  bool quotes_match = true;       // false: argv is not what the author meant
};

// Splits as keepalived does, and looks for what only a shell understands.
Command read_command(std::string_view text);

// Whether running it sends signal 0, to learn if a process lives: the words of the command say so
// (`killall -0 nginx`, `pkill --signal 0`), or those of a script file that it names.
bool asks_signal_zero(const Command& command, const ReadScript& read_script);

// What of the words is bash and no other shell: "`[[ ]]` is bash"; empty: nothing. `bare` is text
// in which what is quoted has been blanked out.
std::string bash_reason(std::string_view bare);
// The text with everything inside quotes, and what a backslash makes ordinary, replaced by `_`,
// byte for byte.
std::string unquoted_part(std::string_view text);

}  // namespace holdfast::config
