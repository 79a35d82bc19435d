// The tokenizers alone: every glyph of a piece stands somewhere in the text, and each split of a
// line into words ends.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "config/diagnostics.h"
#include "config/lexer.h"
#include "config/source.h"

namespace {

using namespace holdfast::config;

void check_words(const std::vector<Word>& words, const Source& source) {
  for (const Word& word : words) {
    if (word.place.line == 0 || word.place.line > source.line_count()) std::abort();
    if (word.place.column == 0 || word.place.width == 0) std::abort();
    if (!word.broken && !is_utf8(word.text)) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Sources sources("fuzz.conf", std::string(reinterpret_cast<const char*>(data), size));
  Diagnostics diagnostics;
  Lexer lexer(sources, 0, diagnostics);
  size_t glyphs = 0;
  while (auto line = lexer.next_line()) {
    for (const Piece& piece : split_braces(std::move(*line))) {
      glyphs += piece.glyphs.size();
      if (piece.kind == Piece::Kind::kText && piece.glyphs.empty()) std::abort();
      // A definition of several lines, which is no text for words.
      if (std::ranges::find(piece.glyphs, '\n', &Glyph::byte) != piece.glyphs.end()) continue;
      check_words(split_plain(piece.glyphs, diagnostics), sources.file(0));
      check_words(split_script(piece.glyphs, diagnostics), sources.file(0));
    }
  }
  if (glyphs > size) std::abort();
  return 0;
}
