// Braces and lines to statements, each bound to its row of the keyword table.
#pragma once

#include <vector>

#include "config/diagnostics.h"
#include "config/keyword.h"
#include "config/preprocessor.h"

namespace holdfast::config {

constexpr size_t kNestingMax = 16;

// Reports what cannot be bound, and one message for each brace that is missing or too many: the
// block meant is found by indentation and by where its keywords may stand. Statements that were
// reported are not in the result.
std::vector<Statement> parse(Preprocessor& lines, const Grammar& grammar, Diagnostics& diagnostics);

}  // namespace holdfast::config
