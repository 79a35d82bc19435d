// Statements to the model: each statement's row of the keyword table is applied.
#pragma once

#include <vector>

#include "config/diagnostics.h"
#include "config/keyword.h"
#include "config/model.h"

namespace holdfast::config {

// The statements must outlive the model, whose instances and scripts point to theirs.
Model interpret(const std::vector<Statement>& statements, Diagnostics& diagnostics);

// Those of this keyword wherever they stand, be they right, wrong or not supported.
std::vector<const Statement*> statements_named(const std::vector<Statement>& statements,
                                               std::string_view keyword);

// Whether a block that ends says nothing about the keyword, be it right or wrong.
bool lacks(const Statement* block, std::string_view keyword);

}  // namespace holdfast::config
