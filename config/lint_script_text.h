// What a script does, by its words: it is read, never run.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::config {

struct Deed {
  enum class Kind : uint8_t {
    kRoot,
    kStop,         // of the service that runs the script
    kTakesErrors,  // a fetch, for success
    kMayHang,      // a fetch
  };
  Kind kind;
  std::string command;  // its words, as far as they are worth showing
  std::string program;
  uint32_t line = 1;
};
std::vector<Deed> deeds_of(std::string_view text);

// The process name that a check asks for and has itself, so that it always finds it. `file_name`
// is the script's own; empty: the text is a command line under a shell.
std::string finds_itself(std::string_view text, std::string_view file_name);

// It ends with success, whatever comes before: `... || true`, or a file that says `exit 0` alone.
bool always_passes(std::string_view text, bool is_file);

// Whether a run may wait for something: a network, or a script nobody has seen.
bool may_wait(std::string_view text);

struct Bashism {
  uint32_t line = 0;  // 0: there is none
  std::string what;
};
// For a script that says `#!/bin/sh`.
Bashism bashism_of(std::string_view text);

}  // namespace holdfast::config
