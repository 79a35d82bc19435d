// What looks into scripts: any text, as a file and as a command line.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "config/lint_script_files.h"
#include "config/lint_script_text.h"
#include "config/shell_text.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace holdfast::config;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto lines = static_cast<size_t>(std::ranges::count(text, '\n')) + 1;
  if (bare_shell(text).size() != size) std::abort();
  for (const SimpleCommand& command : simple_commands(text)) {
    if (command.words.empty() || command.words.front().empty()) std::abort();
    if (command.at >= size || command.line > lines) std::abort();
  }
  for (const Deed& deed : deeds_of(text)) {
    if (deed.command.empty() || deed.line > lines) std::abort();
  }
  if (bashism_of(text).line > lines) std::abort();
  finds_itself(text, "check_web");
  finds_itself(text, "");
  always_passes(text, true);
  always_passes(text, false);
  may_wait(text);
  files_of(text);
  return 0;
}
