// Any text, and the files that it includes, must give a result or diagnostics, the same twice, in
// which no control character and no broken UTF-8 reaches the terminal.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "config/compile.h"
#include "config/render_json.h"
#include "tests/fuzz/input.h"

namespace {

// Our own sentences are plain; what the text contributes has been cleaned.
bool fit_for_terminal(std::string_view report) {
  for (const char c : report) {
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == '\x7f') return false;
  }
  return holdfast::config::is_utf8(report);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  holdfast::fuzz::Input input({reinterpret_cast<const char*>(data), size});
  const std::string text(input.text());
  auto options = input.options();
  const auto once = holdfast::config::compile(text, "fuzz.conf", options);
  const auto again = holdfast::config::compile(text, "fuzz.conf", options);
  if (once.report != again.report) std::abort();
  if (once.engine.SerializeAsString() != again.engine.SerializeAsString()) std::abort();
  if (once.ok() == once.diagnostics.has_errors()) std::abort();
  if (!fit_for_terminal(once.report)) std::abort();
  if (!fit_for_terminal(holdfast::config::render_json(once.diagnostics, once.sources))) {
    std::abort();
  }
  if (once.ok() && holdfast::config::summary(once).empty()) std::abort();
  // A keyword that nobody knows costs a warning then, and nothing else gets worse.
  options.lenient = true;
  const auto lenient = holdfast::config::compile(text, "fuzz.conf", options);
  if (once.ok() && !lenient.ok()) std::abort();
  return 0;
}
