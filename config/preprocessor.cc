#include "config/preprocessor.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/compiled_file.h"
#include "config/catalogue.h"

namespace holdfast::config {
namespace {

// Of a block that is worth to be written out again and again.
constexpr size_t kWholeStatements = 3;

size_t first_glyph(const Line& line, size_t at = 0) {
  while (at < line.glyphs.size() && is_space(line.glyphs[at].byte)) ++at;
  return at;
}

std::string text_of(const std::vector<Glyph>& glyphs, size_t first, size_t last) {
  std::string text;
  for (size_t i = first; i < last; ++i) text += glyphs[i].byte;
  return text;
}

bool has_name(const Line& line) {
  return std::ranges::any_of(line.glyphs, [](const Glyph& glyph) { return glyph.byte == '$'; });
}

std::vector<std::string> words_of(const Line& line) {
  std::vector<std::string> words;
  bool in_word = false;
  for (const Glyph& glyph : line.glyphs) {
    if (!is_space(glyph.byte)) {
      if (!in_word) words.emplace_back();
      words.back() += glyph.byte;
    }
    in_word = !is_space(glyph.byte);
  }
  return words;
}

}  // namespace

Preprocessor::Preprocessor(Sources& sources, Diagnostics& diagnostics, PreprocessorOptions options)
    : sources_(sources),
      diagnostics_(diagnostics),
      options_(std::move(options)),
      budget_(options_.limits, diagnostics),
      left_out_(diagnostics) {
  built_ins_.config_id = options_.config_id;
  built_ins_.environment = options_.environment;
  built_ins_.random_state = fnv1a(options_.config_id);
  if (options_.files != nullptr) {
    built_ins_.directory = [this] {
      const std::string& name = sources_.file(innermost().number).name();
      return options_.files->absolute(directory_of(name));
    };
  }
  const Source& main = sources.file(0);
  budget_.earn_by_text(main.text().size());
  bytes_left_ = kTextBytesMax - std::min(kTextBytesMax, main.text().size());
  OpenFile file{.lexer = Lexer(sources, 0, diagnostics),
                .number = 0,
                .identity = {},
                .checks = {},
                .indent = 0};
  if (options_.files != nullptr) file.identity = options_.files->identity(main.name());
  frames_.emplace_back(std::move(file));
  files_depth_ = 1;
}

uint64_t Preprocessor::fingerprint() const {
  const uint64_t own = fnv1a(sources_.file(0).text());
  std::string others = fingerprints_ + built_ins_.used;
  if (used_id_) others += "@" + options_.config_id;
  return others.empty() ? own : fnv1a(fmt::format("{:x} {}", own, others));
}

void Preprocessor::count(const std::vector<Piece>& pieces) {
  for (const Piece& piece : pieces) {
    if (piece.kind == Piece::Kind::kText && piece.place.expansion != 0) ++statements_;
    if (piece.kind == Piece::Kind::kOpen) ++blocks_depth_;
    if (piece.kind != Piece::Kind::kClose || blocks_depth_ == 0) continue;
    if (--blocks_depth_ > 0) continue;
    if (statements_ >= kWholeStatements) whole_statements_ += statements_;
    statements_ = 0;
  }
  if (blocks_depth_ == 0) statements_ = 0;
}

// For the lines given out before, which have been parsed by now.
void Preprocessor::earn() {
  if (diagnostics_.has_errors()) budget_.earn_no_more();
  budget_.earn_by_block(std::exchange(whole_statements_, 0));
}

// What an error has ended.
void Preprocessor::report_rest() {
  const Repeat* outermost = nullptr;
  uint64_t left = 0;
  for (const Frame& frame : frames_) {
    const auto* repeat = std::get_if<Repeat>(&frame);
    if (repeat == nullptr) continue;
    if (outermost == nullptr) outermost = repeat;
    left = left * repeat->sequence.count() + repeat->sequence.count() - repeat->next;
  }
  const auto says_why = [](const Diagnostic& one) { return one.finding.id == kExpandsTooFar.id; };
  if (outermost == nullptr || std::ranges::any_of(diagnostics_.all(), says_why)) return;
  diagnostics_.report<kNotWrittenOut>(outermost->at, left)
      .note("nor what comes behind it: mend the errors first");
}

std::vector<Piece> Preprocessor::next_line() {
  earn();
  while (auto line = take()) {
    if (stopped()) break;
    by_condition_ = false;
    auto one = process(std::move(*line));
    if (stopped()) break;
    if (!one) continue;
    notice(*one);
    auto pieces = split_braces(std::move(*one));
    left_out_.take_from(pieces, by_condition_, blocks_depth_ > 0);
    if (pieces.empty()) continue;
    count(pieces);
    return pieces;
  }
  if (stopped()) {
    report_rest();
  } else {
    left_out_.finish();
  }
  return {};
}

// Settings of global_defs that change how lines are made.
void Preprocessor::notice(const Line& line) {
  const size_t at = first_glyph(line);
  if (at == line.glyphs.size()) return;
  const char c = line.glyphs[at].byte;
  if (c != 'r' && c != 'i') return;
  constexpr size_t kSettingBytesMax = 256;
  if (line.glyphs.size() > kSettingBytesMax) return;
  auto words = words_of(line);
  if (words[0] == "random_seed" && words.size() > 1) built_ins_.random_state = fnv1a(words[1]);
  if (words[0] == "include_check") {
    words.erase(words.begin());
    innermost().checks.set(words);
  }
}

Preprocessor::OpenFile& Preprocessor::innermost() {
  for (size_t i = frames_.size(); i-- > 0;) {
    if (auto* file = std::get_if<OpenFile>(&frames_[i])) return *file;
  }
  // The named file is popped with its last line only.
  std::unreachable();
}

std::vector<DefinitionPointer> Preprocessor::active_blocks() const {
  std::vector<DefinitionPointer> blocks;
  for (const Frame& frame : frames_) {
    if (const auto* block = std::get_if<Block>(&frame)) blocks.push_back(block->definition);
  }
  return blocks;
}

std::optional<Line> Preprocessor::take() {
  while (!frames_.empty()) {
    if (std::holds_alternative<Matches>(frames_.back())) {
      open_next();
      continue;
    }
    std::optional<Line> line;
    if (auto* file = std::get_if<OpenFile>(&frames_.back()))
      line = take(*file);
    else if (auto* block = std::get_if<Block>(&frames_.back()))
      line = take(*block);
    else
      line = take(std::get<Repeat>(frames_.back()));
    if (line || stopped()) return line;
    if (std::holds_alternative<OpenFile>(frames_.back())) --files_depth_;
    frames_.pop_back();
  }
  return std::nullopt;
}

std::optional<Line> Preprocessor::take(OpenFile& file) {
  auto line = file.lexer.next_line();
  if (line) line->indent += file.indent;
  return line;
}

std::optional<Line> Preprocessor::take(Block& block) {
  if (block.next == block.definition->lines.size()) return std::nullopt;
  Line line = block.definition->lines[block.next++];
  for (Glyph& glyph : line.glyphs) glyph.expansion = block.expansion;
  line.indent += block.indent;
  if (!budget_.take_line(place_of(line.glyphs, 0, 0), line.glyphs.size())) return std::nullopt;
  return line;
}

std::optional<Line> Preprocessor::take(Repeat& repeat) {
  if (repeat.next == repeat.sequence.count()) return std::nullopt;
  if (!budget_.take_line(repeat.at, repeat.line.glyphs.size())) return std::nullopt;
  if (blocks_depth_ == 0 && !budget_.take_repetition(repeat.at)) return std::nullopt;
  std::string what = repeat.what;
  const auto& names = repeat.sequence.names();
  for (size_t i = 0; i < names.size(); ++i) {
    const std::string value = repeat.sequence.value(repeat.next, i);
    if (!budget_.take_substitution(repeat.at, value.size())) return std::nullopt;
    what += fmt::format("{}{} = {}", i == 0 ? " with " : ", ", names[i], in_backticks(value));
    Definition definition;
    definition.name = names[i];
    definition.place = repeat.at;
    definition.lines.emplace_back();
    for (const char c : value) definition.lines[0].glyphs.push_back({.byte = c});
    definitions_.set(std::move(definition));
  }
  ++repeat.next;
  const uint32_t expansion =
      sources_.add({.what = std::move(what), .use = repeat.at, .origin = {}});
  if (blocks_depth_ == 0) forget_details(expansion);
  Line line = repeat.line;
  for (Glyph& glyph : line.glyphs) {
    if (glyph.expansion == 0 || glyph.expansion == repeat.at.expansion) {
      glyph.expansion = expansion;
    }
  }
  return line;
}

// Of a block that was written out and of which nothing was said it is enough to know which
// repetition made it. The last one has not been read yet.
void Preprocessor::forget_details(uint32_t expansion) {
  const size_t said = diagnostics_.all().size();
  const bool silent = said == std::exchange(said_before_, said);
  if (silent && was_silent_) sources_.forget(repetition_before_ + 1, repetition_);
  was_silent_ = silent;
  repetition_before_ = std::exchange(repetition_, expansion);
}

std::optional<Line> Preprocessor::process(Line line) {
  // A value may begin with what is a step of its own; how often is bounded.
  for (size_t turn = 0; turn < kExpansionDepthMax; ++turn) {
    const size_t at = first_glyph(line);
    if (at == line.glyphs.size()) return std::nullopt;
    if (begins_something(line)) return std::nullopt;
    if (!has_name(line)) return line;
    const bool begins_with_name = line.glyphs[first_glyph(line)].byte == '$';
    const bool includes = include_line(line.glyphs).has_value();
    auto next = replace_names(line);
    if (!next || !(begins_with_name || includes) || stopped()) return next;
    const size_t start = first_glyph(*next);
    if (start == next->glyphs.size()) return std::nullopt;
    const char c = next->glyphs[start].byte;
    const bool defines = c == '$' && definition_head(next->glyphs, start).has_value();
    if (c == 'i') {
      const auto file = include_line(next->glyphs);
      if (!file) return next;
      include(*file, next->indent);
      return std::nullopt;
    }
    const bool repeats = c == '~' && sequence_at(next->glyphs).has_value();
    if (c != '@' && !defines && !repeats) return next;
    line = std::move(*next);
  }
  return line;
}

// True: the line has done what it is for.
bool Preprocessor::begins_something(Line& line) {
  size_t at = first_glyph(line);
  if (line.glyphs[at].byte == '@') {
    if (!meets_condition(line)) return true;
    at = first_glyph(line);
    if (at == line.glyphs.size()) return true;
  }
  switch (line.glyphs[at].byte) {
    case '$':
      if (const auto head = definition_head(line.glyphs, at)) {
        define(*head, line);
        return true;
      }
      return refuse_definition(line, at);
    case '~':
      if (const auto text = sequence_at(line.glyphs)) {
        repeat(*text, line);
        return true;
      }
      break;
    case 'i':
      // keepalived's manual says that names in it are not replaced, 2.2.7 replaces them.
      if (const auto file = include_line(line.glyphs); file && !has_name(line)) {
        include(*file, line.indent);
        return true;
      }
      break;
    default:
      break;
  }
  return false;
}

// Takes `@id` away. An id that is empty equals none (observed on 2.2.7).
bool Preprocessor::meets_condition(Line& line) {
  const size_t start = first_glyph(line);
  size_t end = start;
  while (end < line.glyphs.size() && !is_space(line.glyphs[end].byte)) ++end;
  std::string id = text_of(line.glyphs, start + 1, end);
  const bool unless = id.starts_with('^');
  if (unless) id.erase(0, 1);
  if (id.empty()) {
    diagnostics_
        .report<kNoConditionId>(place_of(line.glyphs, start, end - 1),
                                unless ? "always kept" : "never kept")
        .help("write the id directly behind it: @ID, or @^ID for all others");
  }
  used_id_ = true;
  const bool equal = id == options_.config_id;
  line.glyphs.erase(line.glyphs.begin() + static_cast<ptrdiff_t>(start),
                    line.glyphs.begin() + static_cast<ptrdiff_t>(end));
  find_quotes(line);
  by_condition_ = equal != unless;
  const size_t at = first_glyph(line, start);
  if (!by_condition_ && !definition_head(line.glyphs, at)) {
    left_out_.leave_out(unless ? "^" + id : id, split_braces(Line(line)), id.empty());
  }
  return by_condition_;
}

// `$NAME = VALUE` or a name that is none: to keepalived an unknown keyword.
bool Preprocessor::refuse_definition(const Line& line, size_t at) {
  const auto& glyphs = line.glyphs;
  size_t end = at + 1;
  while (end < glyphs.size() && !is_space(glyphs[end].byte) && glyphs[end].byte != '=') ++end;
  size_t equals = end;
  while (equals < glyphs.size() && is_space(glyphs[equals].byte)) ++equals;
  if (equals == glyphs.size() || glyphs[equals].byte != '=' || glyphs[end - 1].byte == '}') {
    return false;
  }
  auto& diagnostic = diagnostics_.report<kNoDefinition>(place_of(glyphs, at, equals));
  if (equals > end) {
    diagnostic.help("write the `=` directly behind the name");
  } else {
    diagnostic.help("a name has letters, digits and `_`, and does not begin with a digit");
  }
  return true;
}

void Preprocessor::define(const DefinitionHead& head, const Line& line) {
  definitions_.set(make_definition(head, line));
}

bool Preprocessor::is_nested_too_deep(Place place) {
  if (frames_.size() - files_depth_ < kExpansionDepthMax) return false;
  diagnostics_.report<kExpandsTooDeep>(place, kExpansionDepthMax);
  return true;
}

void Preprocessor::repeat(const SequenceText& text, const Line& line) {
  const auto& glyphs = line.glyphs;
  const bool closed = text.close < glyphs.size();
  const Place at = place_of(glyphs, text.start, closed ? text.close : text.open);
  if (!closed) {
    diagnostics_.report<kBadSequence>(at, text.kind).note("its `)` is missing");
    return;
  }
  Line arguments;
  arguments.glyphs.assign(glyphs.begin() + static_cast<ptrdiff_t>(text.open) + 1,
                          glyphs.begin() + static_cast<ptrdiff_t>(text.close));
  if (has_name(arguments)) {
    auto replaced = replace_names(arguments);
    if (!replaced) return;
    arguments = std::move(*replaced);
  }
  const std::string words = text_of(arguments.glyphs, 0, arguments.glyphs.size());
  auto sequence = Sequence::read(text.kind, words);
  if (!sequence) {
    const bool reported =
        std::ranges::any_of(arguments.glyphs, [](const Glyph& glyph) { return glyph.broken; });
    if (reported) return;
    diagnostics_.report<kBadSequence>(at, text.kind)
        .note(sequence.error().text)
        .help(fmt::format("write {}({})", text.kind,
                          text.kind == "~LST" ? "NAME, VALUE, VALUE" : "NAME, START, STEP, END"));
    return;
  }
  Line rest;
  rest.glyphs.assign(glyphs.begin() + static_cast<ptrdiff_t>(text.close) + 1, glyphs.end());
  rest.indent = line.indent;
  rest.cut_by_comment = line.cut_by_comment;
  const uint64_t all = repetitions(sequence->count(), rest.glyphs);
  if (!budget_.allows(all, blocks_depth_ > 0, at) || is_nested_too_deep(at)) return;
  find_quotes(rest);
  frames_.emplace_back(Repeat{.sequence = std::move(*sequence),
                              .next = 0,
                              .line = std::move(rest),
                              .at = at,
                              .what = in_backticks(fmt::format("{}({})", text.kind, words))});
}

std::optional<Line> Preprocessor::replace_names(const Line& line) {
  const auto active = active_blocks();
  Substitution substitution(definitions_, built_ins_, sources_, diagnostics_, budget_, active);
  Substituted result = substitution.run(line);
  // In a line that is repeated, names of the sequence get their values later.
  if (!sequence_at(result.line.glyphs)) substitution.report(result);
  if (result.block != nullptr) enter_block(result, line.indent);
  return std::move(result.line);
}

void Preprocessor::enter_block(const Substituted& result, uint32_t indent) {
  if (is_nested_too_deep(sources_.expansion(result.block_expansion).use)) return;
  frames_.emplace_back(Block{.definition = result.block,
                             .next = result.next_line_of_block,
                             .expansion = result.block_expansion,
                             .indent = indent});
}

}  // namespace holdfast::config
