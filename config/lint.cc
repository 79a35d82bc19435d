#include "config/lint.h"

namespace holdfast::config {

void lint(const LintInput& input, Diagnostics& diagnostics) {
  lint_routers(input, diagnostics);
  lint_mail(input, diagnostics);
  lint_scripts(input, diagnostics);
  lint_files(input.sources, diagnostics);
}

std::vector<Place> lines_with(const Sources& sources, std::string_view keyword) {
  constexpr std::string_view kBlank = " \t";
  constexpr std::string_view kEnds = " \t{}#!\"";
  std::vector<Place> places;
  for (uint32_t file = 0; file < sources.file_count(); ++file) {
    const Source& source = sources.file(file);
    for (uint32_t number = 1; number <= source.line_count(); ++number) {
      const std::string_view line = source.line(number);
      const size_t start = line.find_first_not_of(kBlank);
      if (start == std::string_view::npos || !line.substr(start).starts_with(keyword)) continue;
      const size_t behind = start + keyword.size();
      if (behind < line.size() && kEnds.find(line[behind]) == std::string_view::npos) continue;
      places.push_back({.file = file,
                        .line = number,
                        .column = static_cast<uint32_t>(start) + 1,
                        .width = static_cast<uint32_t>(keyword.size())});
    }
  }
  return places;
}

}  // namespace holdfast::config
