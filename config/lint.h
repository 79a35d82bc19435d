// What works, but hardly as its author thinks: the usual mistakes, none of them an error.
//
// What the text says is looked at even if the configuration has errors; what it does not say only
// if there are none, for the missing line may be the one that is wrong.
#pragma once

#include "config/compile.h"
#include "config/diagnostics.h"
#include "config/model.h"
#include "config/source.h"

namespace holdfast::config {

struct LintInput {
  const Model& model;
  const Sources& sources;
  const CompileOptions& options;
};

void lint(const LintInput& input, Diagnostics& diagnostics);

// Its parts, one a file.
void lint_routers(const LintInput& input, Diagnostics& diagnostics);
void lint_mail(const LintInput& input, Diagnostics& diagnostics);
void lint_script_users(const LintInput& input, Diagnostics& diagnostics);
void lint_scripts(const LintInput& input, Diagnostics& diagnostics);
void lint_files(const Sources& sources, Diagnostics& diagnostics);

}  // namespace holdfast::config
