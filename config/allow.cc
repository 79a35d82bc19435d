#include "config/allow.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

#include "config/catalogue.h"
#include "config/words.h"

namespace holdfast::config {
namespace {

constexpr std::string_view kName = "holdfast:";
constexpr std::string_view kVerb = "allow";
constexpr size_t kIdBytes = 6;
constexpr size_t kAllowsMax = 1000;

// Where the comment of a line begins; a quoted `#` begins none.
std::optional<size_t> comment_of(std::string_view line) {
  bool in_quote = false;
  for (size_t at = 0; at < line.size(); ++at) {
    if (line[at] == '\\') {
      ++at;
    } else if (line[at] == '"') {
      in_quote = !in_quote;
    } else if ((line[at] == '#' || line[at] == '!') && !in_quote) {
      return at;
    }
  }
  return std::nullopt;
}

bool is_empty(std::string_view line) {
  const auto start = std::ranges::find_if_not(line, is_blank);
  return start == line.end() || *start == '#' || *start == '!';
}

bool is_id(std::string_view word) {
  constexpr auto kDigit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; };
  return word.size() == kIdBytes && word.starts_with("HF") &&
         std::ranges::all_of(word.substr(2), kDigit);
}

// Whether the finding depends on more than the text: on files of this host, or on other nodes. A
// comment that allows it is not in vain where that is not looked at.
bool depends_on_host(std::string_view id) {
  constexpr std::array<std::string_view, 12> kOfHost = {"HF0320", "HF0321", "HF0322", "HF0323",
                                                        "HF0324", "HF0325", "HF0407", "HF0420",
                                                        "HF0421", "HF0422", "HF0423", "HF0424"};
  return id.starts_with("HF06") || std::ranges::find(kOfHost, id) != kOfHost.end();
}

}  // namespace

Allows::Allows(const Sources& sources) {
  for (uint32_t file = 0; file < sources.file_count(); ++file) read_file(sources, file);
}

void Allows::read_file(const Sources& sources, uint32_t number) {
  const Source& file = sources.file(number);
  if (file.text().find(kName) == std::string::npos) return;
  bool begun = false;
  uint32_t statement = 0;  // the first at or below the comment
  for (uint32_t line = 1; line <= file.line_count(); ++line) {
    const std::string_view text = file.line(line);
    const bool alone = is_empty(text);
    begun = begun || !alone;
    const auto at = comment_of(text);
    if (!at || allows_.size() >= kAllowsMax) continue;
    Place place{.file = number, .line = line, .column = character_count(text.substr(0, *at)) + 1};
    const auto ids = read_comment(text.substr(*at), place);
    if (ids.empty()) continue;
    statement = std::max(statement, line);
    while (statement <= file.line_count() && is_empty(file.line(statement))) ++statement;
    place.width = kIdBytes;
    const char* measured = text.data() + *at;
    for (const std::string_view id : ids) {
      if (allows_.size() >= kAllowsMax) break;
      const auto gap = static_cast<size_t>(id.data() - measured);
      place.column += character_count({measured, gap});
      measured = id.data();
      allows_.push_back({.place = place, .line = begun ? statement : 0, .id = std::string(id)});
    }
  }
}

// The ids that it allows.
std::vector<std::string_view> Allows::read_comment(std::string_view text, Place place) {
  while (!text.empty() && (text[0] == '#' || text[0] == '!' || is_blank(text[0]))) {
    text.remove_prefix(1);
  }
  if (!text.starts_with(kName)) return {};
  auto words = words_of(text.substr(kName.size()), [](char c) { return is_blank(c) || c == ','; });
  if (words.empty() || words.front() != kVerb) return {};
  words.erase(words.begin());
  const auto end = std::ranges::find_if_not(words, is_id);
  if (end == words.begin()) empty_.push_back(place);
  words.erase(end, words.end());
  return words;
}

bool Allows::covers(const Allow& allow, const Diagnostic& diagnostic) const {
  if (allow.id != diagnostic.finding.id) return false;
  const auto holds = [&](Place place) {
    return place.file == allow.place.file && (allow.line == 0 || place.line == allow.line);
  };
  return holds(diagnostic.place) || (diagnostic.other && holds(diagnostic.other));
}

void Allows::silence(Diagnostics& diagnostics) const {
  if (allows_.empty()) return;
  diagnostics.remove_if([&](const Diagnostic& one) {
    return one.finding.severity != Severity::kError &&
           std::ranges::any_of(allows_, [&](const Allow& allow) { return covers(allow, one); });
  });
}

void Allows::apply(Diagnostics& diagnostics) {
  std::vector<const Allow*> unused;
  for (const Allow& allow : allows_) {
    const auto found = std::ranges::find_if(
        diagnostics.all(), [&](const Diagnostic& one) { return covers(allow, one); });
    if (found == diagnostics.all().end()) {
      if (!depends_on_host(allow.id)) unused.push_back(&allow);
    } else if (found->finding.severity == Severity::kError) {
      diagnostics.report<kAllowedError>(allow.place, allow.id)
          .also(found->place, "said here")
          .help("mend the error; only warnings, lints and notes can be allowed");
    }
  }
  silence(diagnostics);
  for (const Place& place : empty_) {
    diagnostics.report<kEmptyAllow>(place).help(
        "write the ids behind `allow`: `# holdfast: allow HF0401 HF0408`");
  }
  // With errors not everything was looked at.
  if (diagnostics.has_errors()) return;
  for (const Allow* allow : unused) {
    diagnostics.report<kUnusedAllow>(allow->place)
        .note(allow->line == 0 ? fmt::format("nothing in this file says {}", allow->id)
                               : fmt::format("nothing on line {} says {}", allow->line, allow->id))
        .help("remove the id");
  }
}

}  // namespace holdfast::config
