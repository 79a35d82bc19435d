// Comments that silence findings: `# holdfast: allow HF0401`, several ids if need be.
//
// At the end of a line it holds for that line, alone on a line for the next one with a statement,
// and before the first statement of a file for the whole file. Errors cannot be silenced.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "config/diagnostics.h"
#include "config/source.h"

namespace holdfast::config {

class Allows {
 public:
  explicit Allows(const Sources& sources);

  // Takes out what is allowed, and says what is allowed in vain.
  void apply(Diagnostics& diagnostics);
  // Takes out what is allowed at one of its places, and nothing else.
  void silence(Diagnostics& diagnostics) const;

 private:
  struct Allow {
    Place place;
    uint32_t line = 0;  // that it holds for; 0: the whole file
    std::string id;
  };
  void read_file(const Sources& sources, uint32_t file);
  std::vector<std::string_view> read_comment(std::string_view text, Place place);
  bool covers(const Allow& allow, const Diagnostic& diagnostic) const;

  std::vector<Allow> allows_;
  std::vector<Place> empty_;
};

}  // namespace holdfast::config
