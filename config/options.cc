// Words that stand in any order, by a table of them.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "config/arguments.h"
#include "config/catalogue.h"

namespace holdfast::config {
namespace {

using Kind = Argument::Kind;

class OptionReader {
 public:
  OptionReader(const Statement& statement, const Options& options, Diagnostics& diagnostics)
      : words_(statement.words),
        silent_(statement.silent),
        options_(options),
        diagnostics_(diagnostics) {}

  std::optional<std::vector<FoundOption>> read(size_t next) {
    std::vector<FoundOption> found;
    while (next < words_.size()) {
      const Option* option = find(words_[next]);
      if (option == nullptr) return std::nullopt;
      FoundOption one{.option = option, .place = words_[next].place, .values = {}};
      if (!option->name.empty()) ++next;
      // What stands before it is looked at all the same.
      if (!supported(one)) return found;
      for (const Argument& argument : {option->first, option->second}) {
        if (argument.kind == Kind::kNone) break;
        if (!read_argument(one, argument, next)) return std::nullopt;
      }
      found.push_back(std::move(one));
    }
    return found;
  }

 private:
  const Option* find(const Word& word) {
    const Option* other = nullptr;
    for (const Option& option : options_.list) {
      if (option.name == word.text && !option.name.empty()) return &option;
      if (option.name.empty()) other = &option;
    }
    if (other != nullptr && !any_word_found_) {
      any_word_found_ = true;
      return other;
    }
    report_unknown(word);
    return nullptr;
  }

  void report_unknown(const Word& word) {
    std::vector<std::string_view> names;
    for (const Option& option : options_.list) {
      if (!option.name.empty()) names.push_back(option.name);
    }
    Diagnostic& diagnostic =
        diagnostics_.report<kUnknownOption>(word.place, in_backticks(word.text), options_.of);
    constexpr size_t kListed = 4;
    const auto similar = most_similar(word.text, names);
    if (!similar.empty()) {
      diagnostic.help(fmt::format("did you mean {}?", in_backticks(similar)));
    } else if (Ipv4::from_text(word.text.substr(0, word.text.find('/')))) {
      diagnostic.help("write each address on a line of its own");
    } else if (names.size() <= kListed && !names.empty()) {
      diagnostic.help(fmt::format("only `{}` may stand here", fmt::join(names, "`, `")));
    }
  }

  // False: an error was reported.
  bool supported(const FoundOption& found) {
    const Option& option = *found.option;
    if (option.support == Support::kYes || silent_) return true;
    const std::string name = in_backticks(option.name);
    Diagnostic& diagnostic = option.ignoring == Severity::kError
                                 ? diagnostics_.report<kUnsupported>(found.place, name)
                             : option.ignoring == Severity::kWarning
                                 ? diagnostics_.report<kHasNoUse>(found.place, name)
                                 : diagnostics_.report<kMeansNothing>(found.place, name);
    diagnostic.note(std::string(option.why));
    return option.ignoring != Severity::kError;
  }

  bool read_argument(FoundOption& found, const Argument& argument, size_t& next) {
    const std::string name =
        found.option->name.empty() ? "this line" : in_backticks(found.option->name);
    Value value;
    value.place = found.place;
    if (next >= words_.size()) {
      if (argument.optional) return true;
      diagnostics_.report<kMissingArgument>(found.place, name, "a value behind it");
      return false;
    }
    if (argument.optional && !is_meant(argument, words_[next].text)) return true;
    if (!read_word(argument, words_[next], name, diagnostics_, value)) return false;
    ++next;
    found.values.push_back(std::move(value));
    return true;
  }

  // An argument that may be left out: another word belongs to what follows.
  bool is_meant(const Argument& argument, std::string_view word) const {
    if (argument.kind == Kind::kChoice) {
      return std::ranges::find(argument.choices, word) != argument.choices.end();
    }
    return std::ranges::find(options_.list, word, &Option::name) == options_.list.end();
  }

  const std::vector<Word>& words_;
  bool silent_;
  const Options& options_;
  Diagnostics& diagnostics_;
  bool any_word_found_ = false;
};

}  // namespace

std::optional<std::vector<FoundOption>> read_options(const Statement& statement, size_t first,
                                                     const Options& options,
                                                     Diagnostics& diagnostics) {
  return OptionReader(statement, options, diagnostics).read(first);
}

}  // namespace holdfast::config
