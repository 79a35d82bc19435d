#include "config/definitions.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "config/catalogue.h"
#include "config/sequences.h"

namespace holdfast::config {
namespace {

constexpr size_t kNowhere = static_cast<size_t>(-1);
constexpr size_t kUseMax = 256;  // characters in `${...}`
constexpr uint64_t kRandomMax = 32767;
constexpr ExpansionLimits kToBeginWith = {
    .lines = 20'000, .bytes = 256UL << 10U, .substitutions = 20'000, .repetitions = 65'536};
constexpr size_t kUnitOfText = 16;  // bytes
constexpr ExpansionLimits kForEachUnitOfText = {.lines = 1, .bytes = 64, .substitutions = 4};
// A statement and half of a line that only repeats it.
constexpr ExpansionLimits kForEachStatement = {.lines = 2, .bytes = 256, .substitutions = 16};
constexpr std::string_view kNoName = "a name has letters, digits and `_`";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_';
}

// Behind these `$NAME` is replaced (observed on 2.2.7): not before a dot or a quote.
bool ends_name(char c) {
  return is_space(c) || c == ',' || c == ')';
}

std::string shown(std::string_view name, bool braces) {
  return in_backticks(braces ? fmt::format("${{{}}}", name) : fmt::format("${}", name));
}

// SplitMix64 (Steele, Lea, Flood 2014): one state, so that a seed gives one sequence.
uint64_t next_random(uint64_t& state) {
  state += 0x9e3779b97f4a7c15ULL;
  uint64_t mixed = state;
  mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebULL;
  return mixed ^ (mixed >> 31U);
}

std::optional<uint64_t> whole_number(std::string_view& text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return value;
}

// `[MIN [MAX]]`; the wrong way round they are swapped (observed on 2.2.7).
std::optional<std::string> random(std::string_view arguments, uint64_t& state) {
  uint64_t least = 0;
  uint64_t most = kRandomMax;
  if (!arguments.empty()) {
    const auto first = whole_number(arguments);
    if (!first) return std::nullopt;
    least = *first;
    if (!arguments.empty()) {
      const auto second = whole_number(arguments);
      if (!second || !arguments.empty()) return std::nullopt;
      most = *second;
    }
  }
  if (least > most) std::swap(least, most);
  const uint64_t range = most - least + 1;
  const uint64_t drawn = next_random(state);
  return std::to_string(range == 0 ? drawn : least + drawn % range);
}

// All at the use, first and last at its ends, so that a caret covers it.
std::vector<Glyph> at_use(std::string_view value, Place use, uint32_t expansion) {
  std::vector<Glyph> glyphs;
  glyphs.reserve(value.size());
  for (size_t i = 0; i < value.size(); ++i) {
    const bool last = i + 1 == value.size();
    const auto step = static_cast<uint32_t>(std::min<size_t>(i, use.width - 1));
    const uint32_t column = use.column + (last && i > 0 ? use.width - 1 : step);
    const uint32_t width = value.size() == 1 ? use.width : 1;
    glyphs.push_back({.byte = value[i],
                      .file = static_cast<uint16_t>(use.file),
                      .column = static_cast<uint16_t>(column),
                      .width = static_cast<uint16_t>(width),
                      .line = use.line,
                      .expansion = expansion});
  }
  return glyphs;
}

std::string text_of(const std::vector<Glyph>& glyphs) {
  std::string text;
  text.reserve(glyphs.size());
  for (const Glyph& glyph : glyphs) text += glyph.byte;
  return text;
}

}  // namespace

void Definitions::set(Definition definition) {
  auto name = definition.name;
  all_[std::move(name)] = std::make_shared<const Definition>(std::move(definition));
}

DefinitionPointer Definitions::find(std::string_view name) const {
  const auto found = all_.find(name);
  return found == all_.end() ? nullptr : found->second;
}

Definition make_definition(const DefinitionHead& head, const Line& line) {
  Definition definition;
  definition.name = head.name;
  definition.place = place_of(line.glyphs, head.start, head.value - 2);
  definition.cut_by_comment = line.cut_by_comment;
  const auto& glyphs = line.glyphs;
  for (size_t at = head.value; at <= glyphs.size();) {
    size_t end = at;
    while (end < glyphs.size() && glyphs[end].byte != '\n') ++end;
    Line one;
    size_t first = at;
    while (first < end && is_space(glyphs[first].byte)) ++first;
    size_t last = end;
    while (last > first && is_space(glyphs[last - 1].byte)) --last;
    one.glyphs.assign(glyphs.begin() + static_cast<ptrdiff_t>(first),
                      glyphs.begin() + static_cast<ptrdiff_t>(last));
    one.indent = static_cast<uint32_t>(first - at);
    find_quotes(one);
    if (!one.glyphs.empty()) definition.lines.push_back(std::move(one));
    at = end + 1;
  }
  definition.has_lines = definition.lines.size() > 1;
  if (definition.lines.empty()) definition.lines.emplace_back();
  return definition;
}

Budget::Budget(const ExpansionLimits& limits, Diagnostics& diagnostics)
    : limits_(limits), given_{0, 0, 0, 0}, used_{0, 0, 0, 0}, diagnostics_(diagnostics) {
  earn(kToBeginWith, 1);
}

void Budget::earn(const ExpansionLimits& each, uint64_t times) {
  for (const Kind kind : kKinds) {
    given_.*kind = std::min(limits_.*kind, given_.*kind + each.*kind * times);
  }
}

void Budget::earn_by_text(size_t bytes) {
  earn(kForEachUnitOfText, bytes / kUnitOfText);
}

void Budget::earn_by_block(size_t statements) {
  if (earns_) earn(kForEachStatement, statements);
}

void Budget::earn_no_more() {
  if (!std::exchange(earns_, false)) return;
  for (const Kind kind : kKinds) {
    given_.*kind = std::min(given_.*kind, used_.*kind + kToBeginWith.*kind / 2);
  }
}

bool Budget::take(Kind kind, uint64_t amount, std::string_view what, Place place) {
  if (exhausted_) return false;
  if (given_.*kind - used_.*kind >= amount) {
    used_.*kind += amount;
    return true;
  }
  exhausted_ = true;
  if (!earns_) return false;
  Diagnostic& diagnostic = report(given_.*kind, what, place);
  if (given_.*kind < limits_.*kind) {
    diagnostic.note(fmt::format(
        "blocks of several statements, and without an error, may give up to {}", limits_.*kind));
  }
  return false;
}

Diagnostic& Budget::report(uint64_t limit, std::string_view what, Place place) {
  return diagnostics_.report<kExpandsTooFar>(place, limit, what)
      .note("what comes behind it has not been looked at");
}

bool Budget::take_lines(Place place, size_t lines, size_t bytes) {
  return take(&ExpansionLimits::lines, lines, "lines", place) &&
         take(&ExpansionLimits::bytes, bytes, "bytes", place);
}

bool Budget::take_substitution(Place place, size_t bytes) {
  return take(&ExpansionLimits::substitutions, 1, "replacements", place) &&
         take(&ExpansionLimits::bytes, bytes, "bytes", place);
}

bool Budget::take_repetition(Place place) {
  return take(&ExpansionLimits::repetitions, 1, "repetitions", place);
}

bool Budget::allows(uint64_t repetitions, bool in_block, Place place) {
  const Kind kind = in_block ? &ExpansionLimits::lines : &ExpansionLimits::repetitions;
  const bool beyond_all = repetitions > limits_.*kind - used_.*kind;
  const bool may_begin = !earns_ && !beyond_all;
  if (exhausted_ || may_begin || repetitions <= given_.*kind - used_.*kind) return !exhausted_;
  exhausted_ = true;
  report(beyond_all ? limits_.*kind : given_.*kind, in_block ? "lines" : "repetitions", place);
  return false;
}

size_t Substitution::below(size_t at) const {
  while (at-- > 0) {
    if (!input_[at].ends_value) return at;
  }
  return kNowhere;
}

bool Substitution::rest_is_blank(size_t items) const {
  for (size_t at = below(input_.size() - items); at != kNowhere; at = below(at)) {
    if (!is_space(input_[at].glyph.byte)) return false;
  }
  return true;
}

// `at` is the brace; then the one that closes.
bool Substitution::read_braces(Use& use, size_t& at) const {
  std::string inside;
  for (at = below(at); at != kNowhere && inside.size() < kUseMax; at = below(at)) {
    const char c = input_[at].glyph.byte;
    if (c == '}') {
      const size_t blank = inside.find_first_of(" \t");
      use.name = inside.substr(0, blank);
      if (blank != std::string::npos) use.arguments = inside.substr(blank + 1);
      use.well_formed = !use.name.empty() && !is_digit(use.name[0]) &&
                        std::ranges::all_of(use.name, is_name_character);
      return true;
    }
    inside += c;
  }
  return false;
}

// A use starts with the `$` that comes next.
std::optional<Substitution::Use> Substitution::use_here() const {
  const size_t start = input_.size() - 1;
  size_t at = below(start);
  if (at == kNowhere) return std::nullopt;
  Use use;
  size_t last = at;
  use.braces = input_[at].glyph.byte == '{';
  if (use.braces) {
    if (!read_braces(use, at)) return std::nullopt;
    last = at;
  } else {
    for (; at != kNowhere && is_name_character(input_[at].glyph.byte); at = below(at)) {
      use.name += input_[at].glyph.byte;
      last = at;
    }
    if (use.name.empty() || is_digit(use.name[0])) return std::nullopt;
    use.ends_well = at == kNowhere || ends_name(input_[at].glyph.byte);
  }
  use.items = start + 1 - last;
  use.place = place_of({input_[start].glyph, input_[last].glyph}, 0, 1);
  return use;
}

bool Substitution::is_active(const DefinitionPointer& definition) const {
  return std::ranges::find(open_, definition) != open_.end() ||
         std::ranges::find(active_, definition) != active_.end();
}

void Substitution::skip(size_t items) {
  for (; items > 0; --items) {
    if (input_.back().ends_value) open_.pop_back();
    input_.pop_back();
  }
}

void Substitution::push(std::vector<Glyph> glyphs, DefinitionPointer whose) {
  open_.push_back(std::move(whose));
  input_.push_back({.glyph = {}, .ends_value = true});
  for (size_t i = glyphs.size(); i-- > 0;) input_.push_back({.glyph = glyphs[i]});
}

void Substitution::trouble(Trouble trouble, const Use& use, const Substituted& result,
                           std::string reason) {
  const size_t first = result.line.glyphs.size();
  const std::string name =
      use.arguments.empty() ? use.name : fmt::format("{} {}", use.name, use.arguments);
  problems_.push_back(
      {trouble, shown(name, use.braces), use.place, std::move(reason), first, first + use.items});
}

std::optional<std::string> Substitution::built_in(const Use& use, std::string& reason) {
  if (use.name == "_RANDOM") {
    auto number = random(use.arguments, built_ins_.random_state);
    if (!number) reason = "it takes a least and a greatest whole number";
    return number;
  }
  if (use.name == "_ENV" && !use.arguments.empty()) {
    auto value = built_ins_.environment ? built_ins_.environment(use.arguments) : std::nullopt;
    if (!value) reason = "that variable is not in the environment";
    built_ins_.used += use.arguments + "=" + value.value_or("") + "\n";
    return value;
  }
  if (use.name == "_PWD" && use.arguments.empty() && built_ins_.directory) {
    auto directory = built_ins_.directory();
    built_ins_.used += directory + "\n";
    return directory;
  }
  if (use.name == "_INSTANCE" && use.arguments.empty()) {
    built_ins_.used += built_ins_.config_id + "\n";
    return built_ins_.config_id;
  }
  if (use.name == "_HASH" && use.arguments.empty()) return "#";
  if (use.name == "_BANG" && use.arguments.empty()) return "!";
  return std::nullopt;
}

bool Substitution::replace_built_in(const Use& use, std::string& reason) {
  const auto value = built_in(use, reason);
  if (!value || !budget_.take_substitution(use.place, value->size())) return false;
  const uint32_t expansion =
      sources_.add({.what = shown(use.name, use.braces), .use = use.place, .origin = {}});
  skip(use.items);
  push(at_use(*value, use.place, expansion), nullptr);
  return true;
}

// Lines stand where they were written, so that each message points to one of them.
bool Substitution::replace_by_block(const Use& use, const DefinitionPointer& found,
                                    Substituted& result) {
  const Line& first = found->lines.front();
  if (!budget_.take_substitution(use.place, first.glyphs.size())) return false;
  result.block = found;
  result.block_expansion =
      sources_.add({.what = shown(use.name, use.braces), .use = use.place, .origin = {}});
  input_.clear();
  open_.clear();
  const auto blank = [](const Glyph& glyph) { return is_space(glyph.byte); };
  if (std::ranges::all_of(result.line.glyphs, blank)) return true;
  result.next_line_of_block = 1;
  auto glyphs = first.glyphs;
  for (Glyph& glyph : glyphs) glyph.expansion = result.block_expansion;
  push(std::move(glyphs), found);
  return true;
}

// False: it stays as it is.
bool Substitution::replace(const Use& use, Substituted& result) {
  const DefinitionPointer found = use.well_formed ? definitions_.find(use.name) : nullptr;
  std::string reason;
  if (found == nullptr) {
    if (use.well_formed && use.ends_well && replace_built_in(use, reason)) return true;
    if (!use.well_formed) reason = kNoName;
    if (use.braces && !budget_.is_exhausted()) {
      trouble(Trouble::kUnknown, use, result, std::move(reason));
    }
    return false;
  }
  if (!use.arguments.empty()) return false;
  if (!use.ends_well) {
    trouble(Trouble::kFollowed, use, result);
    return false;
  }
  if (is_active(found)) {
    trouble(Trouble::kActive, use, result);
    return false;
  }
  if (found->has_lines && result.block == nullptr && rest_is_blank(use.items)) {
    return replace_by_block(use, found, result);
  }
  if (found->has_lines || open_.size() >= kExpansionDepthMax) {
    trouble(found->has_lines ? Trouble::kNotAtEnd : Trouble::kDepth, use, result);
    return false;
  }
  const Line& value = found->lines.front();
  if (!budget_.take_substitution(use.place, value.glyphs.size())) return false;
  const uint32_t expansion =
      sources_.add({.what = shown(use.name, use.braces), .use = use.place, .origin = found->place});
  skip(use.items);
  if (below(input_.size()) == kNowhere) result.line.cut_by_comment = found->cut_by_comment;
  auto glyphs = at_use(text_of(value.glyphs), use.place, expansion);
  for (size_t i = 0; i < glyphs.size(); ++i) glyphs[i].escaped = value.glyphs[i].escaped;
  push(std::move(glyphs), found);
  return true;
}

void Substitution::keep(const Use& use, Substituted& result) {
  for (size_t i = 0; i < use.items; ++i) {
    const Item item = input_.back();
    if (!item.ends_value) result.line.glyphs.push_back(item.glyph);
    skip(1);
  }
}

Substituted Substitution::run(const Line& line) {
  Substituted result;
  result.line.indent = line.indent;
  result.line.cut_by_comment = line.cut_by_comment;
  result.line.glyphs.reserve(line.glyphs.size());
  problems_.clear();
  open_.clear();
  input_.clear();
  input_.reserve(line.glyphs.size());
  for (size_t i = line.glyphs.size(); i-- > 0;) input_.push_back({.glyph = line.glyphs[i]});
  while (!input_.empty()) {
    if (input_.back().ends_value || input_.back().glyph.byte != '$') {
      if (!input_.back().ends_value) result.line.glyphs.push_back(input_.back().glyph);
      skip(1);
    } else if (const auto use = use_here(); !use) {
      result.line.glyphs.push_back(input_.back().glyph);
      skip(1);
    } else if (!replace(*use, result)) {
      keep(*use, result);
    }
    if (result.line.glyphs.size() > kLineBytesMax) {
      diagnostics_.report<kLineTooLong>(place_of(line.glyphs, 0, 0), kLineBytesMax)
          .note("that is with the values of what it names");
      return {};
    }
  }
  find_quotes(result.line);
  // To repeat a line that contains itself would never end.
  const auto active = [](const Problem& one) { return one.trouble == Trouble::kActive; };
  if (std::ranges::any_of(problems_, active) && sequence_at(result.line.glyphs)) {
    report(result);
    problems_.clear();
    return {};
  }
  return result;
}

void Substitution::report(Substituted& result) {
  auto& glyphs = result.line.glyphs;
  size_t at = 0;
  bool in_quote = false;
  for (const Problem& problem : problems_) {
    for (; at < problem.first && at < glyphs.size(); ++at) {
      if (glyphs[at].byte == '"' && !glyphs[at].escaped) in_quote = !in_quote;
    }
    const Place place = problem.place;
    switch (problem.trouble) {
      case Trouble::kUnknown: {
        // A shell's variable, or what else a shell does in braces.
        if (in_quote && problem.reason == kNoName) continue;
        if (in_quote && problem.reason.empty()) {
          diagnostics_.report<kUndefinedInQuotes>(place, problem.what)
              .note("it stays as it is, for the shell that runs this");
          continue;
        }
        if (!definitions_.is_news(problem.what)) break;
        auto& diagnostic = diagnostics_.report<kUndefined>(place, problem.what);
        if (!problem.reason.empty()) diagnostic.note(problem.reason);
        if (problem.reason.empty()) {
          diagnostic.help("define it further up, on a line of its own: $NAME=VALUE");
        }
        break;
      }
      case Trouble::kFollowed:
        diagnostics_.report<kNotReplaced>(place, problem.what)
            .note("without braces a name is replaced before a blank, `,`, `)` or the line's end")
            .help("write " + in_backticks(fmt::format(
                                 "${{{}}}", problem.what.substr(2, problem.what.size() - 3))));
        continue;
      case Trouble::kNotAtEnd:
        diagnostics_.report<kLinesInsideLine>(place, problem.what)
            .help("put what follows on a line of its own");
        break;
      case Trouble::kActive:
        diagnostics_.report<kInItself>(place, problem.what)
            .note("values are put in where a name is used, not where it is defined");
        break;
      case Trouble::kDepth:
        diagnostics_.report<kExpandsTooDeep>(place, kExpansionDepthMax);
        break;
    }
    for (size_t i = problem.first; i < std::min(problem.end, glyphs.size()); ++i) {
      glyphs[i].broken = true;
      // Its braces are no block.
      if (glyphs[i].byte == '{') glyphs[i].byte = '(';
      if (glyphs[i].byte == '}') glyphs[i].byte = ')';
    }
  }
}

}  // namespace holdfast::config
