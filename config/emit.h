// The checked model to the four messages.
#pragma once

#include "config/compile.h"
#include "config/model.h"

namespace holdfast::config {

// The model has no errors. Notes what a script is allowed beyond the others. The generation is left
// to the caller.
void emit(Model& model, const CompileOptions& options, CompileResult& result);

}  // namespace holdfast::config
