#include "config/preprocessor.h"

namespace holdfast::config {

Preprocessor::Preprocessor(Sources& sources, Diagnostics& diagnostics) {
  files_.emplace_back(sources, 0, diagnostics);
}

std::vector<Piece> Preprocessor::next_line() {
  while (!files_.empty()) {
    auto line = files_.back().next_line();
    if (!line) {
      files_.pop_back();
      continue;
    }
    auto pieces = split_braces(std::move(*line));
    if (!pieces.empty()) return pieces;
  }
  return {};
}

}  // namespace holdfast::config
