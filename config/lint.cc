#include "config/lint.h"

namespace holdfast::config {

void lint(const LintInput& input, Diagnostics& diagnostics) {
  lint_routers(input, diagnostics);
  lint_mail(input, diagnostics);
  lint_scripts(input, diagnostics);
  lint_script_users(input, diagnostics);
  lint_files(input.sources, diagnostics);
}

}  // namespace holdfast::config
