#include "config/arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "config/catalogue.h"

namespace holdfast::config {
namespace {

using Kind = Argument::Kind;

constexpr int64_t kMicrosPerSecond = 1'000'000;
constexpr int64_t kHuge = std::numeric_limits<int64_t>::max() / 16;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// What a bound looks like to a person: microseconds as seconds.
std::string bound_text(Kind kind, int64_t bound) {
  if (kind == Kind::kNumber) return fmt::format("{}", bound);
  return fmt::format("{} s", static_cast<double>(bound) / kMicrosPerSecond);
}

// The digits that a word begins with, if the rest looks like a unit or a slip: `5s`, `100,`.
std::string_view leading_number(std::string_view text) {
  const auto* end = std::ranges::find_if_not(text, [](char c) { return is_digit(c) || c == '.'; });
  return text.substr(0, static_cast<size_t>(end - text.begin()));
}

class Reader {
 public:
  Reader(const Statement& statement, Diagnostics& diagnostics)
      : statement_(statement),
        keyword_(*statement.keyword),
        name_(in_backticks(keyword_.name)),
        diagnostics_(diagnostics) {}

  Arguments run() {
    size_t next = keyword_.name.empty() ? 0 : 1;
    if (std::ranges::any_of(statement_.words, &Word::broken)) return broken(next);
    for (const Argument& argument : keyword_.takes) {
      Value value;
      value.place = statement_.place();
      if (argument.kind == Kind::kRest) {
        next = statement_.words.size();
      } else if (next < statement_.words.size()) {
        value.place = statement_.words[next].place;
        ok_ = read(argument, statement_.words[next], value) && ok_;
        ++next;
      } else if (argument.kind == Kind::kSwitch) {
        value.on = true;
      } else if (!argument.optional) {
        missing(argument);
      }
      if (argument.kind == Kind::kCommand) next = command_user(next);
      values_.push_back(std::move(value));
    }
    // One message is enough for a line.
    if (ok_ && next < statement_.words.size()) extra(statement_.words[next]);
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
    diagnostics_.report<kExtraArgument>(word.place, name_)
        .mark("not expected")
        .help("remove it, or put double quotes around a value that contains spaces");
    ok_ = false;
  }

  bool read(const Argument& argument, const Word& word, Value& value) {
    switch (argument.kind) {
      case Kind::kNumber:
        return read_number(argument, word, value);
      case Kind::kTime:
        return read_time(argument, word, value);
      case Kind::kSwitch:
        return read_switch(word, value);
      case Kind::kAddress: {
        const auto address = read_address(word, word.text, name_, diagnostics_);
        if (address) value.address = *address;
        return address.has_value();
      }
      case Kind::kInterface:
        value.text = word.text;
        return check_interface(word, diagnostics_);
      case Kind::kCommand:
        return read_script_line(word, value);
      case Kind::kWord:
        value.text = word.text;
        if (word.text.empty())
          diagnostics_.report<kMissingArgument>(word.place, name_, argument.what);
        return !word.text.empty();
      case Kind::kRest:
        return true;
    }
    return false;
  }

  bool in_range(const Argument& argument, const Word& word, int64_t value) {
    if (value >= argument.least && value <= argument.most) return true;
    diagnostics_.report<kOutOfRange>(word.place, name_, bound_text(argument.kind, argument.least),
                                     bound_text(argument.kind, argument.most));
    return false;
  }

  void suggest_leading_number(const Word& word, Diagnostic& diagnostic) const {
    const auto digits = leading_number(word.text);
    const bool fits = !digits.empty() && digits.size() < word.text.size();
    if (fits) diagnostic.help(fmt::format("write {}", in_backticks(digits)));
  }

  bool read_number(const Argument& argument, const Word& word, Value& value) {
    const auto number = whole_number(word.text);
    if (!number) {
      suggest_leading_number(word, diagnostics_.report<kNotANumber>(word.place, name_));
      return false;
    }
    value.number = *number;
    return in_range(argument, word, *number);
  }

  bool read_time(const Argument& argument, const Word& word, Value& value) {
    const auto time = micros(word.text);
    if (!time) {
      suggest_leading_number(word, diagnostics_.report<kNotATime>(word.place, name_)
                                       .note("decimal, with at most six digits behind the point"));
      return false;
    }
    value.time = Micros(*time);
    return in_range(argument, word, *time);
  }

  bool read_switch(const Word& word, Value& value) {
    constexpr std::array<std::string_view, 3> kOn = {"on", "true", "yes"};
    constexpr std::array<std::string_view, 3> kOff = {"off", "false", "no"};
    value.on = std::ranges::find(kOn, word.text) != kOn.end();
    if (value.on || std::ranges::find(kOff, word.text) != kOff.end()) return true;
    diagnostics_.report<kNotASwitch>(word.place, name_)
        .help("write on, true or yes, or off, false or no; nothing means on");
    return false;
  }

  bool read_script_line(const Word& word, Value& value) {
    value.text = word.text;
    value.command = read_command(word.text);
    const auto first = word.text.find_first_not_of(" \t\n");
    if (first == std::string::npos) {
      diagnostics_.report<kEmptyCommand>(word.place, name_);
      return false;
    }
    if (!value.command.quotes_match) {
      diagnostics_.report<kCommandQuote>(word.place)
          .note("the command is split into words once more when it is run");
      return false;
    }
    describe(word, value.command);
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
  size_t command_user(size_t next) {
    const auto& words = statement_.words;
    if (next >= words.size()) return next;
    const auto is_name = [](const Word& word) {
      return !word.text.empty() && std::ranges::all_of(word.text, [](char c) {
        return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
               c == '-' || c == '.' || c == ':' || c == '$';
      }) && !word.text.starts_with('-');
    };
    const size_t last = std::min(next + 2, words.size());
    const bool names = std::all_of(words.begin() + static_cast<ptrdiff_t>(next),
                                   words.begin() + static_cast<ptrdiff_t>(last), is_name);
    if (!names || last < words.size()) {
      diagnostics_.report<kUnquotedCommand>(words[next].place)
          .note("outside the quotes stand the user and the group to run it as")
          .help("put the command and its arguments together in double quotes");
      ok_ = false;
      return words.size();
    }
    diagnostics_.report<kHasNoUse>(words[next].place, "the user of a command")
        .note("commands run as the unprivileged user of the service")
        .help("if this is an argument, put the whole command in double quotes");
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

std::optional<int64_t> whole_number(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text.empty() || !std::ranges::all_of(text, is_digit)) return std::nullopt;
  int64_t value = 0;
  for (const char c : text) value = std::min(value * 10 + (c - '0'), kHuge / 10);
  return negative ? -value : value;
}

std::optional<int64_t> micros(std::string_view text) {
  constexpr size_t kDecimals = 6;
  const size_t dot = text.find('.');
  const std::string_view decimals = dot == std::string_view::npos ? "" : text.substr(dot + 1);
  const std::string_view whole = text.substr(0, dot);
  if (decimals.size() > kDecimals || (whole.empty() && decimals.empty())) return std::nullopt;
  if (!std::ranges::all_of(whole, is_digit) || !std::ranges::all_of(decimals, is_digit)) {
    return std::nullopt;
  }
  int64_t value = std::min(whole.empty() ? 0 : *whole_number(whole), kHuge / kMicrosPerSecond);
  for (size_t i = 0; i < kDecimals; ++i) {
    value = value * 10 + (i < decimals.size() ? decimals[i] - '0' : 0);
  }
  return value;
}

// As the kernel's dev_valid_name(); IFNAMSIZ counts the final NUL.
bool is_interface_name(std::string_view text) {
  constexpr size_t kNameMax = 15;
  if (text.empty() || text.size() > kNameMax || text == "." || text == "..") return false;
  return std::ranges::none_of(text, [](char c) {
    return c == '/' || c == ':' || static_cast<unsigned char>(c) <= ' ' || c == '\x7f';
  });
}

std::optional<Ipv4> read_address(const Word& word, std::string_view text, std::string_view what,
                                 Diagnostics& diagnostics) {
  if (auto address = Ipv4::from_text(text)) return address;
  if (text.find(':') != std::string_view::npos) {
    diagnostics.report<kUnsupported>(word.place, "IPv6")
        .note("VRRP version 2 carries IPv4 addresses only");
    return std::nullopt;
  }
  diagnostics.report<kNotAnAddress>(word.place, what)
      .help("four numbers from 0 to 255 with dots between them, such as 192.0.2.10");
  return std::nullopt;
}

bool check_interface(const Word& word, Diagnostics& diagnostics) {
  if (is_interface_name(word.text)) return true;
  Diagnostic& diagnostic = diagnostics.report<kBadInterface>(word.place);
  diagnostic.note("a name has 1 to 15 bytes, without `/`, `:` or spaces");
  if (const size_t colon = word.text.find(':'); colon != std::string::npos && colon > 0) {
    diagnostic.help(fmt::format("an alias is no interface: write {}",
                                in_backticks(std::string_view(word.text).substr(0, colon))));
  }
  return false;
}

}  // namespace holdfast::config
