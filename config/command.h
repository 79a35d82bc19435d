// How a script string is to be run: directly, or under a shell that understands it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

// The text of a file, if it can be read and has at most this many bytes.
using ReadScript = std::function<std::optional<std::string>(const std::string& path, size_t most)>;
constexpr size_t kScriptBytesMax = 64UL * 1024;

// Whether running it sends signal 0, to learn if a process lives: the words of the command say so
// (`killall -0 nginx`, `pkill --signal 0`), or those of a script file that it names.
bool asks_signal_zero(const Command& command, const ReadScript& read_script);

}  // namespace holdfast::config
