// The lines of a configuration as keepalived's keywords see them: the named file's, and those of
// the files that it includes.
#pragma once

#include <vector>

#include "config/diagnostics.h"
#include "config/lexer.h"
#include "config/source.h"

namespace holdfast::config {

class Preprocessor {
 public:
  // Reads file 0 of `sources`. Both must outlive the preprocessor.
  Preprocessor(Sources& sources, Diagnostics& diagnostics);

  // The pieces of the next line that has any; empty at the end.
  std::vector<Piece> next_line();

 private:
  std::vector<Lexer> files_;  // the innermost include last
};

}  // namespace holdfast::config
