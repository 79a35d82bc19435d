#include "config/format.h"

#include <algorithm>
#include <array>
#include <optional>
#include <ranges>
#include <span>
#include <utility>
#include <vector>

#include "config/catalogue.h"
#include "config/compile.h"
#include "config/include.h"
#include "config/leftovers.h"
#include "config/parser.h"
#include "config/raw_line.h"
#include "config/raw_words.h"

namespace holdfast::config {
namespace {

constexpr size_t kIndent = 4;
constexpr size_t kReasonsMax = 100;

struct OutLine {
  enum class Kind : uint8_t { kBlank, kComment, kStatement, kOpen, kClose, kWhole };
  Kind kind = Kind::kBlank;
  size_t depth = 0;
  std::string text;  // may have several lines, with their indentation behind the first
  std::string_view comment{};
  bool glued = false;
};
using Kind = OutLine::Kind;

std::string_view without_trailing_space(std::string_view text) {
  const size_t end = text.find_last_not_of(" \t\v\f\r") + 1;
  // A backslash must not come to stand at the end: it would continue the line.
  return end > 0 && text[end - 1] == '\\' ? text : text.substr(0, end);
}

// The words between two braces.
struct Part {
  Atom::Kind kind = Atom::Kind::kByte;
  std::span<const Atom> atoms;
  Place place;
};

std::vector<Part> parts_of(const RawLine& line) {
  std::vector<Part> parts;
  const std::span<const Atom> atoms = line.atoms;
  size_t start = 0;
  for (size_t at = 0; at <= atoms.size(); ++at) {
    const bool brace = at < atoms.size() && (atoms[at].kind == Atom::Kind::kOpen ||
                                             atoms[at].kind == Atom::Kind::kClose);
    if (!brace && at < atoms.size()) continue;
    const auto words = trimmed(atoms.subspan(start, at - start));
    if (!words.empty()) parts.push_back({.atoms = words, .place = words.front().place});
    if (brace) parts.push_back({.kind = atoms[at].kind, .atoms = {}, .place = atoms[at].place});
    start = at + 1;
  }
  return parts;
}

// `{{ NAME }}`, `{% if %}`, `<% if %>` or `{#` of a template that nobody has filled in.
Place blank_to_fill_in(const RawLine& line) {
  if (line.kind > RawLine::Kind::kCondition) return {};
  const auto& atoms = line.atoms;
  const auto is_open = [](const Atom& atom) { return atom.kind == Atom::Kind::kOpen; };
  // The last `%>`: a password may hold the other sign.
  size_t last = 0;
  for (size_t at = 0; at + 1 < atoms.size(); ++at) {
    if (atoms[at].byte == '%' && atoms[at + 1].byte == '>') last = at;
  }
  for (size_t at = 0; at + 1 < atoms.size(); ++at) {
    const Atom& next = atoms[at + 1];
    const bool glued = atoms[at].raw.data() + 1 == next.raw.data();
    const bool pair = is_open(next) || (next.byte == '%' && !next.quoted);
    const bool angled = atoms[at].byte == '<' && next.byte == '%' && !next.quoted && at < last;
    // `${NAME}` is one sign; `${NAMES[0]}` of a shell is none.
    const bool shell = atoms[at].byte == '$' && !atoms[at].escaped && is_open(next);
    if (glued && (shell || angled || (is_open(atoms[at]) && pair))) return atoms[at].place;
  }
  const auto first = std::ranges::find_if_not(atoms, is_blank);
  const bool alone = first != atoms.end() && std::next(first) == atoms.end() && is_open(*first);
  const bool is_note =
      alone && line.comment.starts_with('#') && first->raw.data() + 1 == line.comment.data();
  return is_note ? first->place : Place{};
}

Place mark_of_a_merge(const RawLine& line) {
  std::string word;
  for (const Atom& atom : line.atoms) {
    if (is_blank(atom)) break;
    word += atom.byte;
  }
  return merge_mark(word) == '<' ? line.atoms.front().place : Place{};
}

class Layout {
 public:
  Layout(const Source& source, Diagnostics& diagnostics)
      : source_(source), diagnostics_(diagnostics) {}

  void run() {
    RawLines lines(source_, diagnostics_);
    while (auto line = lines.next()) take(*line);
    if (conditional_) return;
    if (stray_) diagnostics_.report<kStrayBrace>(stray_).help("remove it");
    for (const Opener& opener : openers_) {
      diagnostics_.report<kUnclosedBlock>(opener.place, opener.name).help("write the missing `}`");
    }
  }

  std::vector<OutLine> take_lines() { return std::move(out_); }

 private:
  void take(const RawLine& line) {
    // To tear these apart, or to indent them, would leave them unknown to those they are for.
    if (const Place place = blank_to_fill_in(line)) {
      diagnostics_.report<kTemplate>(place);
    }
    if (const Place place = mark_of_a_merge(line)) {
      diagnostics_.report<kUnknownKeyword>(place, "`<<<<<<<`", "the file")
          .note("a merge of two versions of this file has left its marks");
    }
    const auto parts = parts_of(line);
    if (line.kind == RawLine::Kind::kDefinition) {
      note_definition(line);
      keep_definition(line);
    } else if (parts.empty()) {
      const Kind kind = line.comment.empty() ? Kind::kBlank : Kind::kComment;
      add({.kind = kind,
           .depth = openers_.size(),
           .text = std::string(without_trailing_space(line.comment))});
    } else if (stays_whole(line, parts)) {
      keep_whole(line, parts);
    } else {
      lay_out(line, parts);
    }
  }

  // Splitting it, or letting a piece of it begin a line, would make something else of it.
  bool stays_whole(const RawLine& line, const std::vector<Part>& parts) const {
    if (line.kind >= RawLine::Kind::kCondition) return true;
    const bool simple =
        parts.size() == 1 || (parts.size() == 2 && parts[1].kind == Atom::Kind::kOpen &&
                              parts[0].kind == Atom::Kind::kByte);
    if (line.kind == RawLine::Kind::kUses) return !simple || odd_values_;
    const auto begins_otherwise = [&line](const Part& part) {
      return part.kind == Atom::Kind::kByte &&
             leading_kind(line.atoms, static_cast<size_t>(part.atoms.data() - line.atoms.data())) !=
                 RawLine::Kind::kWords;
    };
    return std::any_of(parts.begin() + 1, parts.end(), begins_otherwise);
  }

  void lay_out(const RawLine& line, const std::vector<Part>& parts) {
    size_t last = out_.size();
    for (size_t i = 0; i < parts.size(); ++i) {
      const Part& part = parts[i];
      if (part.kind == Atom::Kind::kOpen) {
        const bool beside = i > 0 && parts[i - 1].kind == Atom::Kind::kByte;
        last = open(part.place, beside ? std::optional(last) : pending_);
      } else if (part.kind == Atom::Kind::kClose) {
        close(part.place);
        last = add({.kind = Kind::kClose, .depth = openers_.size(), .text = "}"});
      } else {
        const size_t depth = openers_.size();
        last = add({.kind = Kind::kStatement,
                    .depth = depth,
                    .text = words_text(part.atoms, (depth + 1) * kIndent)});
      }
      pending_.reset();
      if (part.kind == Atom::Kind::kByte && line.kind == RawLine::Kind::kWords) pending_ = last;
    }
    put_comment(line, last, parts.back().kind == Atom::Kind::kByte);
  }

  // The brace joins what it opens, over comments and blank lines between them.
  size_t open(Place place, std::optional<size_t> opener) {
    const size_t depth = openers_.size();
    descend({place, opener ? in_backticks(out_[*opener].text) : "`{`"});
    if (!opener) return add({.kind = Kind::kOpen, .depth = depth, .text = "{"});
    out_[*opener].kind = Kind::kOpen;
    // Behind a blank it would be what an include names.
    out_[*opener].text += is_include(out_[*opener].text) ? "{" : " {";
    out_[*opener].glued = false;
    for (size_t at = *opener + 1; at < out_.size(); ++at) ++out_[at].depth;
    return *opener;
  }

  void put_comment(const RawLine& line, size_t at, bool behind_words) {
    if (line.comment.empty()) return;
    const auto comment = without_trailing_space(line.comment);
    if (!out_[at].comment.empty()) {
      add({.kind = Kind::kComment, .depth = openers_.size(), .text = std::string(comment)});
      return;
    }
    out_[at].comment = comment;
    // Not moved away from its word: that the word may have been cut is worth a warning.
    out_[at].glued = behind_words && line.glued;
  }

  void keep_definition(const RawLine& line) {
    for (uint32_t number = line.first; number <= line.last; ++number) {
      add({.kind = Kind::kWhole, .depth = 0, .text = std::string(source_.line(number))});
    }
    pending_.reset();
  }

  void keep_whole(const RawLine& line, const std::vector<Part>& parts) {
    pending_.reset();
    const auto count = [&parts](Atom::Kind kind) {
      return std::ranges::count(parts, kind, &Part::kind);
    };
    const auto net = count(Atom::Kind::kOpen) - count(Atom::Kind::kClose);
    const bool condition = line.kind == RawLine::Kind::kCondition;
    // Of several alternatives in a row one holds.
    const bool alternative =
        condition && net != 0 && net == last_condition_ && condition_end_ == out_.size();
    size_t depth = openers_.size();
    if (alternative) {
      depth = condition_depth_;
    } else {
      for (const Part& part : parts) {
        if (part.kind == Atom::Kind::kOpen) descend({part.place, "`{`"});
        if (part.kind == Atom::Kind::kClose) close(part.place);
        if (&part == &parts.front()) depth = std::min(depth, openers_.size());
      }
    }
    add({.kind = Kind::kWhole, .depth = depth, .text = whole_text(line)});
    if (!condition) return;
    if (net != 0) conditional_ = true;
    last_condition_ = net;
    condition_depth_ = depth;
    condition_end_ = out_.size();
  }

  std::string whole_text(const RawLine& line) const {
    std::string text;
    const auto first = std::ranges::find_if_not(line.atoms, is_blank);
    for (auto at = first; at != line.atoms.end(); ++at) text += at->raw;
    text += line.comment;
    return std::string(without_trailing_space(text));
  }

  void note_definition(const RawLine& line) {
    int depth = 0;
    for (const Atom& atom : line.atoms) {
      if (atom.quoted || atom.opaque) continue;
      if (atom.byte == '{') ++depth;
      if (atom.byte == '}') --depth;
      if (atom.byte == '\'' || (atom.escaped && atom.byte == '"')) odd_values_ = true;
    }
    if (depth != 0) conditional_ = true;
  }

  struct Opener {
    Place place;
    std::string name;
  };

  void descend(Opener opener) {
    if (openers_.size() == kNestingMax) {
      diagnostics_.report<kTooDeep>(opener.place, kNestingMax);
    }
    openers_.push_back(std::move(opener));
  }

  void close(Place place) {
    if (!openers_.empty()) {
      openers_.pop_back();
    } else if (!stray_) {
      stray_ = place;
    }
  }

  size_t add(OutLine line) {
    out_.push_back(std::move(line));
    return out_.size() - 1;
  }

  const Source& source_;
  Diagnostics& diagnostics_;
  std::vector<OutLine> out_;
  std::vector<Opener> openers_;
  std::optional<size_t> pending_;  // a statement that a `{` in a line below would open
  Place stray_;
  bool odd_values_ = false;   // a definition holds half a pair of quotes
  bool conditional_ = false;  // braces may come and go by conditions or with definitions
  std::ptrdiff_t last_condition_ = 0;
  size_t condition_depth_ = 0;
  size_t condition_end_ = 0;
};

// Blank lines: none at the edges of a block or of the file, one between two blocks at the top.
std::vector<OutLine> with_blank_lines(std::vector<OutLine> lines) {
  std::vector<OutLine> result;
  const auto last_is = [&result](Kind kind) {
    return !result.empty() && result.back().kind == kind;
  };
  for (OutLine& line : lines) {
    if (line.kind == Kind::kBlank) {
      if (!result.empty() && !last_is(Kind::kBlank) && !last_is(Kind::kOpen)) {
        result.push_back(std::move(line));
      }
      continue;
    }
    if (line.kind == Kind::kClose && last_is(Kind::kBlank)) result.pop_back();
    if (line.depth == 0) {
      const bool behind_block = last_is(Kind::kClose) && line.kind != Kind::kClose;
      if (behind_block && result.back().depth == 0) result.emplace_back();
      if (line.kind == Kind::kOpen && line.text != "{") {
        auto at = result.end();
        while (at != result.begin() && std::prev(at)->kind == Kind::kComment) --at;
        const bool apart = at == result.begin() || std::prev(at)->kind == Kind::kBlank ||
                           std::prev(at)->kind == Kind::kWhole;
        if (!apart) result.insert(at, OutLine{});
      }
    }
    result.push_back(std::move(line));
  }
  if (last_is(Kind::kBlank)) result.pop_back();
  return result;
}

std::string text_of(const std::vector<OutLine>& lines) {
  std::string text;
  for (const OutLine& line : lines) {
    if (line.kind != Kind::kBlank) text.append(line.depth * kIndent, ' ');
    text += line.text;
    if (!line.comment.empty()) text.append(line.glued ? 0 : 2, ' ').append(line.comment);
    // With the line feed these would be read as something else.
    const bool continues =
        line.kind == Kind::kStatement && line.comment.empty() && line.text.ends_with('\\');
    if (continues || text.ends_with('\r')) text += ' ';
    text += '\n';
  }
  return text;
}

// The compiler knows better which brace is meant; what it says of keywords is not for here.
std::string reasons(std::string_view text, const std::string& name, const Sources& sources,
                    const Diagnostics& own) {
  constexpr std::array<std::string_view, 11> kOfTheForm = {"HF0001", "HF0002", "HF0003", "HF0005",
                                                           "HF0103", "HF0104", "HF0105", "HF0107",
                                                           "HF0108", "HF0112", "HF0115"};
  const auto compiled = compile(std::string(text), name, {.keep_model = false});
  std::string report;
  size_t shown = 0;
  for (Diagnostic one : compiled.diagnostics.all()) {
    if (shown == kReasonsMax) break;
    const bool ours = std::ranges::find(kOfTheForm, one.finding.id) != kOfTheForm.end();
    if (!ours || one.place.file != 0 || one.other.file != 0) continue;
    // What the compiler expanded is not known to these sources.
    one.place.expansion = one.other.expansion = 0;
    report += render(one, sources) + "\n";
    ++shown;
  }
  if (report.empty()) {
    for (const Diagnostic& one : own.all() | std::views::take(kReasonsMax)) {
      report += render(one, sources) + "\n";
    }
  }
  return report;
}

// What this file is for. A mistake in it must cost the author nothing but a message.
bool means_the_same(std::string_view text, const std::string& formatted, const std::string& name) {
  // One after the other, not both at a time.
  const auto meaning = [&name](std::string_view configuration) {
    const auto compiled = compile(std::string(configuration), name, {.keep_model = false});
    return std::pair(compiled.ok(), compiled.engine.generation());
  };
  return formatted == text || meaning(text) == meaning(formatted);
}

}  // namespace

FormatResult format(std::string_view text, const std::string& name) {
  FormatResult result;
  Diagnostics diagnostics;
  const bool too_large = text.size() > kTextBytesMax;
  if (too_large) diagnostics.report<kTextTooLarge>(Place{}, kTextBytesMax >> 20U);
  const Sources sources(name, std::string(too_large ? "" : text));
  Layout layout(sources.file(0), diagnostics);
  layout.run();
  if (diagnostics.has_errors()) {
    result.report = reasons(text, name, sources, diagnostics);
    return result;
  }
  std::string formatted = text_of(with_blank_lines(layout.take_lines()));
  if (means_the_same(text, formatted, name)) {
    result.text = std::move(formatted);
  } else {
    result.report =
        name + ": in the one layout it would mean something else, so it is left alone\n";
  }
  return result;
}

}  // namespace holdfast::config
