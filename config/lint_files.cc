// The bytes of the files.
#include <algorithm>

#include "config/catalogue.h"
#include "config/lint.h"

namespace holdfast::config {

void lint_files(const Sources& sources, Diagnostics& diagnostics) {
  for (uint32_t number = 0; number < sources.file_count(); ++number) {
    const Source& source = sources.file(number);
    if (source.foreign_line_ends() == 0) continue;
    diagnostics
        .report<kForeignLineEnds>(
            {.file = number, .line = source.first_foreign_line_end(), .column = 1},
            source.foreign_line_ends())
        .note("the carriage returns are ignored here, as keepalived does")
        .help("convert the file with dos2unix(1); a script with such line ends does not run");
  }
}

}  // namespace holdfast::config
