// The part of the preprocessor that opens files.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/compiled_file.h"
#include "config/catalogue.h"
#include "config/preprocessor.h"

namespace holdfast::config {
namespace {

constexpr size_t kShortPatternBytes = 256;

std::string_view skipped_because(IncludedFile::Kind kind) {
  switch (kind) {
    case IncludedFile::Kind::kExecutable:
      return "it is executable";
    case IncludedFile::Kind::kDirectory:
      return "it is a directory";
    default:
      return "it is no regular file";
  }
}

size_t line_ends(std::string_view text) {
  return static_cast<size_t>(std::ranges::count(text, '\n'));
}

// `vips.conf` is optional as `vips.con[f]`.
std::string as_pattern(std::string_view name) {
  const std::string_view start = name.substr(0, name.size() - 1);
  return fmt::format("{}[{}]", start, name.back());
}

}  // namespace

void Preprocessor::include(const IncludeLine& line, uint32_t indent) {
  if (line.pattern.empty()) {
    diagnostics_.report<kIncludeNameless>(line.place, in_backticks(line.keyword))
        .help("write the name of a file behind it");
    return;
  }
  if (options_.files == nullptr) {
    diagnostics_.report<kIncludeImpossible>(line.place, in_backticks(line.pattern));
    return;
  }
  if (files_depth_ > kIncludeDepthMax) {
    diagnostics_.report<kIncludeLimit>(line.place, kIncludeDepthMax, "files in each other");
    return;
  }
  IncludeChecks checks = innermost().checks;
  checks.readable = checks.readable || line.adds.readable;
  checks.match = checks.match || line.adds.match;
  checks.wildcard_match = checks.wildcard_match || line.adds.wildcard_match;
  checks.brace_match = checks.brace_match || line.adds.brace_match;
  Matches matches{.paths = {}, .next = 0, .at = line.place, .checks = checks, .indent = indent};
  if (find_matches(line, checks, matches)) frames_.emplace_back(std::move(matches));
}

// They cost the same whether they are too many for one name or not, a long one as much as several,
// and none is made once there have been too many in all.
std::optional<std::vector<std::string>> Preprocessor::alternatives_of(const IncludeLine& line) {
  const size_t each = 1 + line.pattern.size() / kShortPatternBytes;
  std::optional<std::vector<std::string>> all;
  if (patterns_left_ > 0) {
    all = brace_alternatives(line.pattern);
    if (!all) {
      patterns_left_ -= std::min(patterns_left_, kAlternativesMax * each);
      diagnostics_.report<kIncludeLimit>(line.place, kAlternativesMax, "alternatives in one name");
      return std::nullopt;
    }
  }
  if (!all || all->size() * each > patterns_left_) {
    diagnostics_.report<kIncludeLimit>(line.place, kPatternsMax, "names of files");
    patterns_left_ = 0;
    return std::nullopt;
  }
  patterns_left_ -= all->size() * each;
  return all;
}

// What is missing is reported.
bool Preprocessor::find_matches(const IncludeLine& line, IncludeChecks checks, Matches& matches) {
  const auto alternatives = alternatives_of(line);
  if (!alternatives) return false;
  const std::string directory = directory_of(sources_.file(innermost().number).name());
  std::vector<std::string> without;
  for (const std::string& alternative : *alternatives) {
    auto found = options_.files->glob(pattern_in(directory, alternative), kIncludedFilesMax + 1);
    if (found.empty()) without.push_back(alternative);
    std::ranges::move(found, std::back_inserter(matches.paths));
    if (matches.paths.size() > kIncludedFilesMax) {
      diagnostics_.report<kIncludeLimit>(line.place, kIncludedFilesMax, "files");
      return false;
    }
  }
  if (matches.paths.empty()) {
    const bool wild = has_wildcard(line.pattern);
    const bool error =
        checks.wildcard_match || checks.brace_match || (!wild && (checks.match || !checks.chosen));
    report_missing(line, line.pattern, error);
    return false;
  }
  for (const std::string& name : without) {
    if (checks.brace_match || !has_wildcard(name)) report_missing(line, name, checks.brace_match);
  }
  return true;
}

void Preprocessor::report_missing(const IncludeLine& line, const std::string& name, bool error) {
  const std::string shown = in_backticks(name);
  if (!error) {
    diagnostics_.report<kIncludesNothing>(line.place, shown);
    return;
  }
  Diagnostic& diagnostic = diagnostics_.report<kIncludeMissing>(line.place, shown);
  if (name.find_first_of("\"'") != std::string::npos) {
    diagnostic.help("remove the quotes: they are part of the name");
  } else if (line.keyword == "include" && !has_wildcard(name) && line.pattern == name) {
    diagnostic.note("keepalived would go on without it, and say so in its log only")
        .help(fmt::format("if it may be missing, write {}",
                          in_backticks("include " + as_pattern(name))));
  }
}

void Preprocessor::open_next() {
  auto& matches = std::get<Matches>(frames_.back());
  if (matches.next == matches.paths.size()) {
    frames_.pop_back();
    return;
  }
  const std::string path = matches.paths[matches.next++];
  const Matches about{
      .paths = {}, .next = 0, .at = matches.at, .checks = matches.checks, .indent = matches.indent};
  open(path, about);
}

void Preprocessor::open(const std::string& path, const Matches& about) {
  if (sources_.file_count() > kIncludedFilesMax) {
    diagnostics_.report<kIncludeLimit>(about.at, kIncludedFilesMax, "files");
    return;
  }
  IncludedFile file = options_.files->read(path, bytes_left_);
  if (file.kind == IncludedFile::Kind::kTooLarge) {
    diagnostics_.report<kTextTooLarge>(about.at, kTextBytesMax >> 20U)
        .note("that is with all files that it includes");
    return;
  }
  if (file.kind != IncludedFile::Kind::kRead) return report_skipped(path, file, about);
  const bool in_itself = includes_itself(path, file.identity, about.at);
  const bool is_new = !in_itself && !file.identity.empty() && opened_.insert(file.identity).second;
  // What a file says again is written out like the lines of a definition; to read it again for
  // nothing is as dear. One that nobody knows may be any.
  if (is_new) {
    budget_.earn_by_text(file.text.size());
  } else if (!budget_.take_lines(about.at, line_ends(file.text) + 1, file.text.size())) {
    return;
  }
  if (in_itself) return;
  bytes_left_ -= std::min(bytes_left_, file.text.size());
  fingerprints_ += fmt::format("{:x} ", fnv1a(file.text));
  const IncludeChecks inherited = innermost().checks;
  const uint32_t number = sources_.add(path, std::move(file.text), about.at);
  frames_.emplace_back(OpenFile{.lexer = Lexer(sources_, number, diagnostics_),
                                .number = number,
                                .identity = std::move(file.identity),
                                .checks = inherited,
                                .indent = about.indent});
  ++files_depth_;
}

void Preprocessor::report_skipped(const std::string& path, const IncludedFile& file,
                                  const Matches& about) {
  const std::string shown = in_backticks(path);
  if (file.kind == IncludedFile::Kind::kUnreadable) {
    diagnostics_.report<kIncludeUnreadable>(about.at, shown, file.reason);
    return;
  }
  const std::string_view reason = skipped_because(file.kind);
  auto& diagnostic = about.checks.readable
                         ? diagnostics_.report<kIncludeUnreadable>(about.at, shown, reason)
                         : diagnostics_.report<kIncludeSkipped>(about.at, shown, reason);
  if (file.kind == IncludedFile::Kind::kExecutable) diagnostic.help("take its x bits away");
}

bool Preprocessor::includes_itself(const std::string& path, const std::string& identity, Place at) {
  std::vector<std::string> chain;
  for (const Frame& frame : frames_) {
    const auto* open = std::get_if<OpenFile>(&frame);
    if (open == nullptr) continue;
    const bool starts = !identity.empty() && open->identity == identity;
    if (chain.empty() && !starts) continue;
    chain.push_back(in_backticks(sources_.file(open->number).name()));
  }
  if (chain.empty()) return false;
  auto& diagnostic = diagnostics_.report<kIncludeCycle>(at, in_backticks(path));
  constexpr size_t kShown = 8;
  std::string shown = chain[0];
  for (size_t i = 1; i < std::min(chain.size(), kShown); ++i) shown += " includes " + chain[i];
  if (chain.size() > kShown) shown += " ...";
  diagnostic.note(shown + " includes " + in_backticks(path));
  return true;
}

}  // namespace holdfast::config
