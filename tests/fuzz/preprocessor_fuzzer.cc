// The preprocessor alone: within its limits it ends, and every place that it gives can be shown.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "config/preprocessor.h"
#include "tests/fuzz/input.h"

namespace {

using namespace holdfast::config;

void check_place(const Place& place, const Sources& sources) {
  // Line 0: a value that a sequence made stands nowhere.
  if (place.file >= sources.file_count()) std::abort();
  if (place.line > sources.file(place.file).line_count()) std::abort();
  chain(place, sources);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  holdfast::fuzz::Input input({reinterpret_cast<const char*>(data), size});
  Sources sources("fuzz.conf", std::string(input.text()));
  Diagnostics diagnostics;
  const auto options = input.options();
  Preprocessor lines(sources, diagnostics, options.text);
  const size_t lines_max = size + options.text.limits.lines;
  size_t count = 0;
  for (auto line = lines.next_line(); !line.empty(); line = lines.next_line()) {
    if (++count > lines_max) std::abort();
    check_place(line.front().place, sources);
    check_place(line.back().place, sources);
    for (const Piece& piece : line) {
      const bool whole = std::ranges::find(piece.glyphs, '\n', &Glyph::byte) == piece.glyphs.end();
      if (!whole) std::abort();
    }
  }
  if (lines.stopped() && !diagnostics.has_errors()) std::abort();
  render(diagnostics, sources);
  return 0;
}
