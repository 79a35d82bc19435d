#include "config/arguments.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "config/catalogue.h"

namespace holdfast::config {
namespace {

using Kind = Argument::Kind;

// U+2018 to U+201F.
bool starts_with_typographic_quote(std::string_view text) {
  constexpr size_t kBytes = 3;
  return text.size() >= kBytes && text.starts_with("\xE2\x80") && text[2] >= '\x98' &&
         text[2] <= '\x9F';
}

bool means_on(std::string_view text) {
  return text == "1" || text == "on" || text == "true" || text == "yes";
}

bool means_off(std::string_view text) {
  return text == "0" || text == "off" || text == "false" || text == "no";
}

class Reader {
 public:
  Reader(const Statement& statement, Diagnostics& diagnostics)
      : statement_(statement),
        keyword_(*statement.keyword),
        name_(keyword_.name.empty() ? "this line" : in_backticks(keyword_.name)),
        diagnostics_(diagnostics) {}

  Arguments run() {
    const auto& words = statement_.words;
    size_t next = keyword_.name.empty() ? 0 : 1;
    if (std::ranges::any_of(words, &Word::broken)) return broken(next);
    if (next == 1 && words.size() > 2 && words[1].text == "=" && words[1].bare) {
      diagnostics_.report<kExtraArgument>(words[1].place, name_)
          .mark("not expected")
          .help("remove it: a space is enough between a keyword and its value");
      return broken(next + 1);
    }
    for (const Argument& argument : keyword_.takes) {
      Value value;
      value.place = statement_.place();
      // One message is enough for a line.
      if (!ok_) {
        values_.push_back(std::move(value));
        continue;
      }
      if (argument.kind == Kind::kRest) {
        next = words.size();
      } else if (argument.kind == Kind::kOptions && (next < words.size() || argument.optional)) {
        auto found = read_options(statement_, next, *argument.options, diagnostics_);
        ok_ = found.has_value() && ok_;
        if (found) value.options = std::move(*found);
        next = words.size();
      } else if (next < words.size()) {
        next = take(argument, next, value);
      } else if (argument.kind == Kind::kSwitch) {
        value.on = true;
      } else if (!argument.optional) {
        missing(argument);
      }
      if (ok_ && argument.kind == Kind::kCommand) next = command_user(next, value);
      values_.push_back(std::move(value));
    }
    if (ok_ && next < words.size()) extra(words[next]);
    return {.values = std::move(values_), .ok = ok_};
  }

 private:
  // One message is enough for a line.
  Arguments broken(size_t next) {
    values_.resize(keyword_.takes.size());
    for (size_t i = 0; i < values_.size() && next + i < statement_.words.size(); ++i) {
      values_[i].text = statement_.words[next + i].text;
      values_[i].place = statement_.words[next + i].place;
    }
    return {.values = std::move(values_), .ok = false};
  }

  void missing(const Argument& argument) {
    Place behind = statement_.words.back().place;
    behind.column += behind.width;
    behind.width = 1;
    diagnostics_.report<kMissingArgument>(behind, name_, argument.what);
    ok_ = false;
  }

  void extra(const Word& word) {
    // keepalived reads no further than the keyword.
    const bool is_flag = keyword_.takes.empty() && statement_.words.size() == 2;
    // That the whole line does nothing has been said.
    if (is_flag && statement_.told && (means_on(word.text) || means_off(word.text))) return;
    if (is_flag && means_on(word.text)) {
      diagnostics_.report<kMeansNothing>(word.place, in_backticks(word.text))
          .note(fmt::format("{} takes no value, to name it is enough", name_));
      return;
    }
    diagnostics_.report<kExtraArgument>(word.place, name_)
        .mark("not expected")
        .help("remove it, or put double quotes around a value that contains spaces");
    ok_ = false;
  }

  // The first word behind what the argument takes.
  size_t take(const Argument& argument, size_t next, Value& value) {
    const auto& words = statement_.words;
    const size_t end = argument.many ? words.size() : next + 1;
    for (; next < end; ++next) {
      const bool good = argument.kind == Kind::kCommand
                            ? read_script_line(words[next], value)
                            : read_word(argument, words[next], name_, diagnostics_, value);
      ok_ = good && ok_;
    }
    return end;
  }

  bool read_script_line(const Word& word, Value& value) {
    value.place = word.place;
    value.text = word.text;
    value.command = read_command(word.text);
    const auto first = word.text.find_first_not_of(" \t\n");
    if (first == std::string::npos) {
      diagnostics_.report<kEmptyCommand>(word.place, name_);
      return false;
    }
    if (starts_with_typographic_quote(word.text)) {
      diagnostics_.report<kCommandQuote>(word.place)
          .note("typographic quotes are letters like any other")
          .help("write `\"` before and behind the command");
      return false;
    }
    if (!value.command.quotes_match) {
      diagnostics_.report<kCommandQuote>(word.place)
          .note("the command is split into words once more when it is run");
      return false;
    }
    if (!statement_.silent) describe(word, value.command);
    return true;
  }

  void describe(const Word& word, const Command& command) {
    if (command.runner != Command::Runner::kExec) {
      const bool bash = command.runner == Command::Runner::kBash;
      diagnostics_.report<kUnderShell>(word.place, bash ? "/bin/bash" : "/bin/sh")
          .note(command.reason);
      return;
    }
    const std::string& program = command.argv.front();
    if (!program.starts_with('/') && program.find('/') != std::string::npos) {
      diagnostics_.report<kRelativeCommand>(word.place).help("write its absolute path");
    }
  }

  // `script COMMAND [USER [GROUP]]`: the first word behind those.
  size_t command_user(size_t next, Value& value) {
    const auto& words = statement_.words;
    if (next >= words.size()) return next;
    const size_t last = std::min(next + 2, words.size());
    const bool names = std::all_of(words.begin() + static_cast<ptrdiff_t>(next),
                                   words.begin() + static_cast<ptrdiff_t>(last),
                                   [](const Word& word) { return is_user_name(word.text); });
    if (!names || last < words.size()) {
      diagnostics_.report<kUnquotedCommand>(words[next].place)
          .note("outside the quotes stand the user and the group to run it as")
          .help("put the command and its arguments together in double quotes");
      ok_ = false;
      return words.size();
    }
    value.run_as.user = {words[next].text, words[next].place};
    if (next + 1 < last) value.run_as.group = {words[next + 1].text, words[next + 1].place};
    return last;
  }

  const Statement& statement_;
  const Keyword& keyword_;
  std::string name_;
  Diagnostics& diagnostics_;
  std::vector<Value> values_;
  bool ok_ = true;
};

}  // namespace

Arguments read_arguments(const Statement& statement, Diagnostics& diagnostics) {
  return Reader(statement, diagnostics).run();
}

}  // namespace holdfast::config
