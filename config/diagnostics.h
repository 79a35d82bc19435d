// What the compiler has to say about a configuration.
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "config/source.h"

namespace holdfast::config {

enum class Severity : uint8_t { kError, kWarning, kLint, kNote };

// A row of the catalogue (config/catalogue.h): what can be said, once for all.
struct Finding {
  std::string_view id;  // "HF0203", never reused
  Severity severity;
  std::string_view format;  // fmt syntax; one sentence, lower-case start, no final period
};

struct Diagnostic {
  Finding finding;
  std::string text;
  Place place;
  std::string label;  // stands beside the caret
  Place other;        // a second place that matters, if any
  std::string other_label;
  std::vector<std::string> notes;  // why
  std::vector<std::string> helps;  // how to mend it

  Diagnostic& mark(std::string words) {
    label = std::move(words);
    return *this;
  }
  Diagnostic& also(Place where, std::string words) {
    other = where;
    other_label = std::move(words);
    return *this;
  }
  Diagnostic& note(std::string words) {
    notes.push_back(std::move(words));
    return *this;
  }
  Diagnostic& help(std::string words) {
    helps.push_back(std::move(words));
    return *this;
  }
};

constexpr size_t kDiagnosticsMax = 1000;

class Diagnostics {
 public:
  // report<kUnknownKeyword>(place, word, block): the arguments are checked against the format
  // when compiled. The reference is good for as long as this object.
  template <const Finding& kFinding, class... Args>
  Diagnostic& report(Place place, Args&&... args) {
    constexpr fmt::format_string<Args...> kFormat(kFinding.format);
    return add({.finding = kFinding,
                .text = fmt::format(kFormat, std::forward<Args>(args)...),
                .place = place,
                .label = {},
                .other = {},
                .other_label = {},
                .notes = {},
                .helps = {}});
  }

  bool has_errors() const { return errors_ > 0; }
  size_t errors() const { return errors_; }
  size_t warnings() const { return warnings_; }
  // Of those that are not left out.
  size_t lints() const;
  // Beyond kDiagnosticsMax they are counted only.
  size_t left_out() const { return left_out_; }
  bool is_full() const { return all_.size() == kDiagnosticsMax; }
  const std::deque<Diagnostic>& all() const { return all_; }

  // Forgets those that the function says true for.
  void remove_if(const std::function<bool(const Diagnostic&)>& unwanted);

  // In the order of the text, each once. Call when the last one has been reported.
  void sort();

 private:
  Diagnostic& add(Diagnostic diagnostic);

  // What one line says again and again when it is repeated, or the lines of a definition.
  bool is_said_again(const Diagnostic& diagnostic);

  std::deque<Diagnostic> all_;
  std::set<std::tuple<uint32_t, uint32_t, uint32_t, std::string>> said_;
  Diagnostic beyond_{};
  size_t errors_ = 0;
  size_t warnings_ = 0;
  size_t left_out_ = 0;
};

// Words of the text fit for a sentence: in backticks, cut when long, control characters replaced.
std::string in_backticks(std::string_view words);

// The name of a file, whole, fit for a terminal: control characters and broken UTF-8 replaced.
std::string printable_name(std::string_view name);

// How a place came about, innermost first: "in the expansion of `$VIP`, defined at x.conf:2:1",
// "included from a.conf:3:1". Of a long chain the first ones.
std::vector<std::string> chain(Place place, const Sources& sources);

std::string_view severity_name(Severity severity);

enum class Colour : uint8_t { kNone, kAnsi };

// In rustc's form; ends with a newline. Lines of the text are shown with control characters
// replaced, tabs as spaces, and cut around the caret when they are long.
std::string render(const Diagnostic& diagnostic, const Sources& sources,
                   Colour colour = Colour::kNone);
// All of them, and a last line that counts.
std::string render(const Diagnostics& diagnostics, const Sources& sources,
                   Colour colour = Colour::kNone);

}  // namespace holdfast::config
