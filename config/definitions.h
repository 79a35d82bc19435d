// `$NAME=VALUE`, and putting values in the place of `$NAME` and `${NAME}`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostics.h"
#include "config/lexer.h"
#include "config/source.h"

namespace holdfast::config {

// How far expanding may go. keepalived itself has no bounds, and its manual makes 65,024 instances
// from two lines: 1.2 million lines. What is no such thing gets less: see Budget.
struct ExpansionLimits {
  uint64_t lines = 2'000'000;
  uint64_t bytes = 64UL << 20U;
  uint64_t substitutions = 4'000'000;
  uint64_t repetitions = 65'536;  // by sequences outside of blocks
};
// Definitions in definitions; blocks of lines and sequences in each other.
constexpr size_t kExpansionDepthMax = 32;

struct Definition {
  std::string name;
  Place place;              // of `$NAME`
  std::vector<Line> lines;  // none of them blank; one if it was written on one line
  bool has_lines = false;   // several: stands at the end of a line only
  bool cut_by_comment = false;
};
using DefinitionPointer = std::shared_ptr<const Definition>;

// The pre-defined ones are functions of these.
struct BuiltIns {
  std::function<std::string()> directory;  // ${_PWD}; none: nobody knows
  std::string config_id;                   // ${_INSTANCE}
  uint64_t random_state = 0;
  // ${_ENV NAME}; none: not set.
  std::function<std::optional<std::string>(const std::string&)> environment;
  std::string used;  // what the environment and the directory were, where they mattered
};

class Definitions {
 public:
  void set(Definition definition);
  DefinitionPointer find(std::string_view name) const;
  // Whether nobody has asked about this use of a name that is none: once is enough for all of them.
  bool is_news(const std::string& use) {
    return unknown_.size() >= kDiagnosticsMax || unknown_.insert(use).second;
  }

 private:
  std::set<std::string> unknown_;
  std::map<std::string, DefinitionPointer, std::less<>> all_;
};

// Of `value`, the glyphs behind `$NAME=`.
Definition make_definition(const DefinitionHead& head, const Line& line);

// How much may still be expanded: so much to begin with, so much for each byte of text, and more
// with each block that comes of it while there is no error; never beyond the limits. So a short
// text that makes nothing, or something wrong, costs little, however it tries. Says once that there
// is no more, unless an error is the reason.
class Budget {
 public:
  Budget(const ExpansionLimits& limits, Diagnostics& diagnostics);

  void earn_by_text(size_t bytes);
  // A block was written out.
  void earn_by_block(size_t statements);
  // For there is an error: what has been earned and not used is cut, too.
  void earn_no_more();
  // False: no more.
  bool take_line(Place place, size_t bytes) { return take_lines(place, 1, bytes); }
  bool take_lines(Place place, size_t lines, size_t bytes);
  bool take_substitution(Place place, size_t bytes);
  bool take_repetition(Place place);
  // Of what is known before it is written out. In a block nothing is earned before its end.
  bool allows(uint64_t repetitions, bool in_block, Place place);
  bool is_exhausted() const { return exhausted_; }

 private:
  using Kind = uint64_t ExpansionLimits::*;
  static constexpr Kind kKinds[] = {&ExpansionLimits::lines, &ExpansionLimits::bytes,
                                    &ExpansionLimits::substitutions, &ExpansionLimits::repetitions};
  void earn(const ExpansionLimits& each, uint64_t times);
  bool take(Kind kind, uint64_t amount, std::string_view what, Place place);
  Diagnostic& report(uint64_t limit, std::string_view what, Place place);

  ExpansionLimits limits_;
  ExpansionLimits given_;  // so far; at most limits_
  ExpansionLimits used_;   // at most given_
  Diagnostics& diagnostics_;
  bool earns_ = true;
  bool exhausted_ = false;
};

struct Substituted {
  Line line;
  // `$NAME` of several lines at the end of the line: its first line is part of `line` unless only
  // blanks stand before it.
  DefinitionPointer block;
  size_t next_line_of_block = 0;
  uint32_t block_expansion = 0;
};

// Substitutes in one line. What cannot be done is reported by report(), so that a caller can see
// first whether the line is one that will be substituted again.
class Substitution {
 public:
  Substitution(Definitions& definitions, BuiltIns& built_ins, Sources& sources,
               Diagnostics& diagnostics, Budget& budget,
               const std::vector<DefinitionPointer>& active)
      : definitions_(definitions),
        built_ins_(built_ins),
        sources_(sources),
        diagnostics_(diagnostics),
        budget_(budget),
        active_(active) {}

  Substituted run(const Line& line);
  void report(Substituted& result);

 private:
  struct Item {
    Glyph glyph;
    bool ends_value = false;  // no glyph: here a value ends
  };
  struct Use {
    std::string name;
    std::string arguments;  // of a built-in, in braces
    bool braces = false;
    bool well_formed = true;
    bool ends_well = true;  // what follows `$NAME` lets it be replaced
    size_t items = 0;       // of input_, with the ends of values between them
    Place place;
  };
  enum class Trouble : uint8_t { kUnknown, kFollowed, kNotAtEnd, kActive, kDepth };
  struct Problem {
    Trouble trouble;
    std::string what;
    Place place;
    std::string reason;
    size_t first;  // glyphs of the result
    size_t end;
  };

  std::optional<Use> use_here() const;
  bool read_braces(Use& use, size_t& at) const;
  bool replace(const Use& use, Substituted& result);
  bool replace_built_in(const Use& use, std::string& reason);
  bool replace_by_block(const Use& use, const DefinitionPointer& found, Substituted& result);
  std::optional<std::string> built_in(const Use& use, std::string& reason);
  void push(std::vector<Glyph> glyphs, DefinitionPointer whose);
  void keep(const Use& use, Substituted& result);
  void trouble(Trouble trouble, const Use& use, const Substituted& result, std::string reason = {});
  void skip(size_t items);
  bool is_active(const DefinitionPointer& definition) const;
  bool rest_is_blank(size_t items) const;
  // The index in input_ of the next glyph below `at`; none: npos.
  size_t below(size_t at) const;

  Definitions& definitions_;
  BuiltIns& built_ins_;
  Sources& sources_;
  Diagnostics& diagnostics_;
  Budget& budget_;
  const std::vector<DefinitionPointer>& active_;  // blocks that are being read
  std::vector<Item> input_;                       // what is still to be read, last first
  std::vector<DefinitionPointer> open_;           // whose values are being read
  std::vector<Problem> problems_;
};

}  // namespace holdfast::config
