// Diagnostics as text.
#include <fmt/format.h>

#include <algorithm>

#include "config/diagnostics.h"

namespace holdfast::config {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD
constexpr std::string_view kTab = "    ";
constexpr size_t kQuotedCharacters = 60;
// What is shown of a long line: so many characters before the caret, and in all.
constexpr size_t kBeforeCaret = 60;
constexpr size_t kShown = 100;
constexpr size_t kChainMax = 8;

std::string_view severity_name(Severity severity) {
  switch (severity) {
    case Severity::kError:
      return "error";
    case Severity::kWarning:
      return "warning";
    case Severity::kLint:
      return "lint";
    case Severity::kNote:
      return "note";
  }
  return "?";
}

// C0, DEL and C1 controls could rule the terminal; a lone byte is not UTF-8.
std::string_view harmless(std::string_view character) {
  const auto lead = static_cast<unsigned char>(character[0]);
  if (character.size() == 1 && (lead < 0x20 || lead >= 0x7f)) return kReplacement;
  const bool c1 =
      character.size() == 2 && lead == 0xc2 && static_cast<unsigned char>(character[1]) < 0xa0;
  // Bidirectional controls would show another order than the text has.
  const bool bidi =
      character.starts_with("\xe2\x80") && ((character[2] >= '\xaa' && character[2] <= '\xae') ||
                                            character[2] == '\x8e' || character[2] == '\x8f');
  const bool isolate =
      character.starts_with("\xe2\x81") && character[2] >= '\xa6' && character[2] <= '\xa9';
  return c1 || bidi || isolate ? kReplacement : character;
}

struct Excerpt {
  std::string line;
  std::string carets;
};

Excerpt excerpt(std::string_view line, Place place) {
  Excerpt result;
  const size_t first = place.column > kBeforeCaret ? place.column - kBeforeCaret : 1;
  size_t column = 1;
  size_t at = 0;
  if (first > 1) {
    result.line = "...";
    result.carets = "   ";
  }
  for (; at < line.size() && column < first + kShown; ++column) {
    const auto character = line.substr(at, character_bytes(line, at));
    at += character.size();
    if (column < first) continue;
    const bool marked = column >= place.column && column < place.column + place.width;
    const size_t cells = character == "\t" ? kTab.size() : 1;
    result.line += character == "\t" ? kTab : harmless(character);
    result.carets.append(cells, marked ? '^' : ' ');
  }
  if (at < line.size()) result.line += "...";
  // A place at the end of the line, where something is missing.
  if (result.carets.find('^') == std::string::npos) result.carets += '^';
  result.carets.erase(result.carets.find_last_not_of(' ') + 1);
  result.line.erase(result.line.find_last_not_of(' ') + 1);
  return result;
}

std::string show_place(const Sources& sources, Place place, const std::string& label,
                       std::string_view arrow, size_t gutter) {
  const Source& source = sources.file(place.file);
  const Excerpt shown = excerpt(source.line(place.line), place);
  const std::string margin(gutter, ' ');
  return fmt::format("{0}{1} {2}:{3}:{4}\n{0} |\n{3:>{5}} | {6}\n{0} | {7}{8}{9}\n", margin, arrow,
                     source.name(), place.line, place.column, gutter, shown.line, shown.carets,
                     label.empty() ? "" : " ", label);
}

std::string name_place(Place place, const Sources& sources) {
  return fmt::format("{}:{}:{}", sources.file(place.file).name(), place.line, place.column);
}

size_t digits(uint32_t number) {
  return fmt::formatted_size("{}", number);
}

}  // namespace

std::string in_backticks(std::string_view words) {
  std::string result = "`";
  size_t characters = 0;
  size_t at = 0;
  for (; at < words.size() && characters < kQuotedCharacters; ++characters) {
    const auto character = words.substr(at, character_bytes(words, at));
    at += character.size();
    result += character == "\t" ? " " : harmless(character);
  }
  if (at < words.size()) result += "...";
  return result + "`";
}

std::vector<std::string> chain(Place place, const Sources& sources) {
  std::vector<std::string> links;
  while (place.expansion != 0 || sources.file(place.file).included_at()) {
    if (links.size() == kChainMax) {
      links.emplace_back("and so on");
      break;
    }
    if (place.expansion == 0) {
      place = sources.file(place.file).included_at();
      links.push_back("included from " + name_place(place, sources));
      continue;
    }
    const Expansion expansion = sources.expansion(place.expansion);
    const bool known = static_cast<bool>(expansion.origin);
    links.push_back(fmt::format("in the expansion of {}{}{}", expansion.what,
                                known ? ", defined at " : " at ",
                                name_place(known ? expansion.origin : expansion.use, sources)));
    place = expansion.use;
  }
  return links;
}

std::string render(const Diagnostic& diagnostic, const Sources& sources) {
  const auto& [finding, text, place, label, other, other_label, notes, helps] = diagnostic;
  const size_t gutter = std::max(digits(place.line), digits(other.line));
  const std::string margin(gutter, ' ');
  std::string out = fmt::format("{}[{}]: {}\n", severity_name(finding.severity), finding.id, text);
  out += place ? show_place(sources, place, label, "-->", gutter)
               : fmt::format("{}--> {}\n", margin, sources.file(0).name());
  if (other) out += show_place(sources, other, other_label, ":::", gutter);
  if (place) {
    for (const auto& link : chain(place, sources)) out += fmt::format("{} = {}\n", margin, link);
  }
  for (const auto& note : notes) out += fmt::format("{} = note: {}\n", margin, note);
  for (const auto& help : helps) out += fmt::format("{} = help: {}\n", margin, help);
  return out;
}

std::string render(const Diagnostics& diagnostics, const Sources& sources) {
  std::string out;
  for (const Diagnostic& diagnostic : diagnostics.all()) {
    out += render(diagnostic, sources) + "\n";
  }
  if (diagnostics.left_out() > 0) out += fmt::format("{} more left out\n", diagnostics.left_out());
  const auto count = [](size_t number, std::string_view what) {
    return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
  };
  if (diagnostics.errors() + diagnostics.warnings() > 0) {
    out += fmt::format("{}: {}, {}\n", sources.file(0).name(), count(diagnostics.errors(), "error"),
                       count(diagnostics.warnings(), "warning"));
  }
  return out;
}

}  // namespace holdfast::config
