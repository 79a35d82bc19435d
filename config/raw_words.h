// The words of a statement laid out anew, whichever of the two tokenizers reads them.
#pragma once

#include <span>
#include <string>

#include "config/raw_line.h"

namespace holdfast::config {

std::span<const Atom> trimmed(std::span<const Atom> atoms);

// One space where several stood, unless one of the tokenizers has them inside a word. A line that
// went on in the next still does, behind `indent` spaces.
std::string words_text(std::span<const Atom> atoms, size_t indent);

}  // namespace holdfast::config
