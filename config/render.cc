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

// Escapes of ECMA-48, as rustc uses them: the severity and its carets in one colour, all that
// frames the text in another.
class Paint {
 public:
  Paint(Colour colour, Severity severity) : on_(colour == Colour::kAnsi), severity_(severity) {}

  std::string severity(std::string_view text) const { return wrap(code(), text); }
  std::string strong(std::string_view text) const { return wrap("1", text); }
  std::string frame(std::string_view text) const { return wrap("1;34", text); }

 private:
  std::string_view code() const {
    switch (severity_) {
      case Severity::kError:
        return "1;31";
      case Severity::kWarning:
        return "1;33";
      case Severity::kLint:
        return "1;36";
      case Severity::kNote:
        return "1;32";
    }
    return "0";
  }

  std::string wrap(std::string_view code, std::string_view text) const {
    if (!on_ || text.empty()) return std::string(text);
    return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
  }

  bool on_;
  Severity severity_;
};

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

// Where the characters of a line are. Of a long line that is asked about again and again, with
// columns that grow, nothing is counted twice.
class Columns {
 public:
  size_t byte_of(std::string_view line, const Place& place, size_t column) {
    if (place.file != file_ || place.line != line_ || column < column_) {
      file_ = place.file;
      line_ = place.line;
      column_ = 1;
      at_ = 0;
    }
    for (; at_ < line.size() && column_ < column; ++column_) at_ += character_bytes(line, at_);
    return at_;
  }

 private:
  uint32_t file_ = 0;
  uint32_t line_ = 0;
  size_t column_ = 1;
  size_t at_ = 0;
};

struct Seen {
  Columns first;
  Columns second;
};

struct Excerpt {
  std::string line;
  std::string carets;
};

Excerpt excerpt(std::string_view line, Place place, Columns& columns) {
  Excerpt result;
  const size_t first = place.column > kBeforeCaret ? place.column - kBeforeCaret : 1;
  size_t column = first;
  size_t at = columns.byte_of(line, place, first);
  if (first > 1) {
    result.line = "...";
    result.carets = "   ";
  }
  for (; at < line.size() && column < first + kShown; ++column) {
    const auto character = line.substr(at, character_bytes(line, at));
    at += character.size();
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

// The place that a message is about, or a second one.
enum class Role : uint8_t { kFirst, kSecond };

std::string show_place(const Sources& sources, Place place, const std::string& label, Role role,
                       size_t gutter, const Paint& paint, Seen& seen) {
  const Source& source = sources.file(place.file);
  Columns& columns = role == Role::kFirst ? seen.first : seen.second;
  const Excerpt shown = excerpt(source.line(place.line), place, columns);
  const std::string margin(gutter, ' ');
  // Blanks before the carets are the line's own columns, and stay outside the colour.
  const size_t blanks = shown.carets.find('^');
  const std::string carets = shown.carets.substr(blanks) + (label.empty() ? "" : " ") + label;
  const bool first = role == Role::kFirst;
  std::string out = fmt::format("{}{} {}:{}:{}\n", margin, paint.frame(first ? "-->" : ":::"),
                                printable_name(source.name()), place.line, place.column);
  out += fmt::format("{} {}\n", margin, paint.frame("|"));
  out +=
      fmt::format("{} {}\n", paint.frame(fmt::format("{:>{}} |", place.line, gutter)), shown.line);
  out += fmt::format("{} {} {}{}\n", margin, paint.frame("|"), shown.carets.substr(0, blanks),
                     first ? paint.severity(carets) : paint.frame(carets));
  return out;
}

std::string name_place(Place place, const Sources& sources) {
  return fmt::format("{}:{}:{}", printable_name(sources.file(place.file).name()), place.line,
                     place.column);
}

size_t digits(uint32_t number) {
  return fmt::formatted_size("{}", number);
}

}  // namespace

std::string in_backticks(std::string_view words) {
  // Nearly all are plain, and every statement that is read has its name at hand.
  const auto plain = [](char c) { return c >= ' ' && c <= '~'; };
  if (words.size() <= kQuotedCharacters && std::ranges::all_of(words, plain)) {
    return std::string("`").append(words).append("`");
  }
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

std::string printable_name(std::string_view name) {
  std::string result;
  for (size_t at = 0; at < name.size();) {
    const auto character = name.substr(at, character_bytes(name, at));
    at += character.size();
    result += character == "\t" ? " " : harmless(character);
  }
  return result;
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

namespace {

std::string render(const Diagnostic& diagnostic, const Sources& sources, Colour colour,
                   Seen& seen) {
  const auto& [finding, text, place, label, other, other_label, notes, helps] = diagnostic;
  const size_t gutter = std::max(digits(place.line), digits(other.line));
  const std::string margin(gutter, ' ');
  const Paint paint(colour, finding.severity);
  std::string out =
      paint.severity(fmt::format("{}[{}]", severity_name(finding.severity), finding.id)) +
      paint.strong(": " + text) + "\n";
  out += place ? show_place(sources, place, label, Role::kFirst, gutter, paint, seen)
               : fmt::format("{}{} {}\n", margin, paint.frame("-->"),
                             printable_name(sources.file(0).name()));
  if (other) out += show_place(sources, other, other_label, Role::kSecond, gutter, paint, seen);
  const auto add = [&](std::string_view kind, const std::vector<std::string>& lines) {
    for (const auto& line : lines) {
      out += fmt::format("{} {} {}: {}\n", margin, paint.frame("="), paint.strong(kind), line);
    }
  };
  for (const auto& link : place ? chain(place, sources) : std::vector<std::string>{}) {
    out += fmt::format("{} {} {}\n", margin, paint.frame("="), link);
  }
  add("note", notes);
  add("help", helps);
  return out;
}

}  // namespace

std::string render(const Diagnostic& diagnostic, const Sources& sources, Colour colour) {
  Seen seen;
  return render(diagnostic, sources, colour, seen);
}

std::string render(const Diagnostics& diagnostics, const Sources& sources, Colour colour) {
  std::string out;
  Seen seen;
  for (const Diagnostic& diagnostic : diagnostics.all()) {
    out += render(diagnostic, sources, colour, seen) + "\n";
  }
  if (diagnostics.left_out() > 0) out += fmt::format("{} more left out\n", diagnostics.left_out());
  const auto count = [](size_t number, std::string_view what) {
    return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
  };
  const size_t lints = diagnostics.lints();
  if (diagnostics.errors() + diagnostics.warnings() + lints > 0) {
    out +=
        fmt::format("{}: {}, {}{}\n", printable_name(sources.file(0).name()),
                    count(diagnostics.errors(), "error"), count(diagnostics.warnings(), "warning"),
                    lints > 0 ? ", " + count(lints, "lint") : "");
  }
  return out;
}

}  // namespace holdfast::config
