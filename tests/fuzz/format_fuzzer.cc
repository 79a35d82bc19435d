// What fmt prints compiles to the same, and is printed the same again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "config/compile.h"
#include "config/format.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace holdfast::config;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const FormatResult once = format(text, "fuzz.conf");
  if (once.text.has_value() != once.report.empty()) std::abort();
  if (!once.text) return 0;
  const FormatResult again = format(*once.text, "fuzz.conf");
  if (again.text != once.text) std::abort();
  const auto before = compile(std::string(text), "fuzz.conf");
  const auto after = compile(*once.text, "fuzz.conf");
  if (before.ok() != after.ok()) std::abort();
  if (before.engine.SerializeAsString() != after.engine.SerializeAsString()) std::abort();
  if (before.checker.SerializeAsString() != after.checker.SerializeAsString()) std::abort();
  if (before.notifier.SerializeAsString() != after.notifier.SerializeAsString()) std::abort();
  return 0;
}
