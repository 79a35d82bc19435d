// The simple commands of a shell script or of a command line, found without running anything.
//
// Not a parser of the shell: quotes, comments, here-documents and the operators between commands
// are understood, nothing else. What it does not understand it leaves out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::config {

struct SimpleCommand {
  std::vector<std::string> words;  // quotes removed; never empty, without `if`, `then`, `sudo`...
  size_t at = 0;                   // its first byte in the text
  uint32_t line = 1;
  bool as_root = false;      // behind sudo or doas
  bool piped = false;        // its output goes into another command
  bool substituted = false;  // its output is used as words
};

std::vector<SimpleCommand> simple_commands(std::string_view text);

// The text with comments, here-documents and what is quoted blanked out, byte for byte.
std::string bare_shell(std::string_view text);

// Behind the last slash.
std::string_view base_name(std::string_view path);

}  // namespace holdfast::config
