// The checked model to the four messages.
#pragma once

#include "config/compile.h"
#include "config/model.h"

namespace holdfast::config {

// The model has no errors. Notes what a script is allowed beyond the others.
void emit(const Model& model, uint64_t generation, const CompileOptions& options,
          CompileResult& result);

}  // namespace holdfast::config
