// Writes holdfast.conf(5) when holdfast is built.
#include <fmt/format.h>

#include "config/describe.h"

int main() {
  const auto rows = holdfast::config::all_keywords();
  fmt::print("{}", holdfast::config::manual_page(rows));
  return 0;
}
