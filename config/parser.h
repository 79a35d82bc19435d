// Braces and lines to statements, each bound to its row of the keyword table.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "config/diagnostics.h"
#include "config/keyword.h"
#include "config/preprocessor.h"

namespace holdfast::config {

constexpr size_t kNestingMax = 16;

// What an unknown or misplaced keyword comes to.
enum class Unknown : uint8_t {
  kRefused,  // an error; what it was probably meant to be is read, so that one mistake is one
             // message
  kSkipped,  // a warning, as keepalived does: neither it nor its block means anything
};

using TakeStatement = std::function<void(const Statement&)>;

// Hands over what stands at the root, each as soon as the next one begins. Reports what cannot be
// bound, and one message for each brace that is missing or too many: the
// block meant is found by indentation and by where its keywords may stand. Statements that were
// reported are not in the result. With `sources`, those of the lines, it can tell from the number
// of braces in a file which of them is one too many.
//
// Returns the keywords that stand in wrong blocks: what the right ones lack.
std::vector<std::string> parse(Preprocessor& lines, const Grammar& grammar,
                               Diagnostics& diagnostics, const TakeStatement& take,
                               Unknown unknown = Unknown::kRefused,
                               const Sources* sources = nullptr);

}  // namespace holdfast::config
