// A row of the keyword table as a line of syntax.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "config/keyword.h"

namespace holdfast::config {
namespace {

using Kind = Argument::Kind;

// "the name of a group" -> "NAME-OF-A-GROUP": what is shown of most arguments.
std::string capitals(std::string_view what) {
  for (const std::string_view article : {"an ", "a ", "the "}) {
    if (what.starts_with(article)) what.remove_prefix(article.size());
  }
  std::string result;
  for (const char c : what) {
    const bool small = c >= 'a' && c <= 'z';
    if (c == '`') continue;
    result += c == ' ' ? '-' : small ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return result;
}

std::string_view shown_of_kind(Kind kind) {
  switch (kind) {
    case Kind::kNumber:
      return "NUMBER";
    case Kind::kTime:
      return "SECONDS";
    case Kind::kAddress:
    case Kind::kAddress6:
    case Kind::kAnyAddress:
      return "ADDRESS";
    case Kind::kNetwork:
      return "ADDRESS[/LENGTH]";
    case Kind::kRange:
      return "ADDRESS[-LAST]";
    case Kind::kHost:
      return "HOST";
    case Kind::kInterface:
      return "INTERFACE";
    case Kind::kPath:
      return "PATH";
    case Kind::kHex:
      return "HEX";
    case Kind::kMac:
      return "MAC";
    case Kind::kUser:
      return "USER";
    case Kind::kCommand:
      return "COMMAND";
    default:
      return {};
  }
}

std::string shown(const Argument& argument);

std::string shown(const Option& option) {
  std::string text(option.name);
  for (const Argument& argument : {option.first, option.second}) {
    if (argument.kind == Kind::kNone) continue;
    if (!text.empty()) text += ' ';
    text += shown(argument);
  }
  return option.name.empty() ? text : "[" + text + "]";
}

std::string shown_bare(const Argument& argument) {
  if (!argument.shown.empty()) return std::string(argument.shown);
  if (argument.kind == Kind::kSwitch) return "on|off";
  if (argument.kind == Kind::kChoice) return fmt::format("{}", fmt::join(argument.choices, "|"));
  if (argument.kind == Kind::kOptions) {
    std::string text;
    for (const Option& option : argument.options->list) {
      if (!text.empty()) text += ' ';
      text += shown(option);
    }
    return text;
  }
  const std::string_view by_kind = shown_of_kind(argument.kind);
  return by_kind.empty() ? capitals(argument.what) : std::string(by_kind);
}

std::string shown(const Argument& argument) {
  std::string text = shown_bare(argument);
  if (argument.many) text += "...";
  if (argument.kind == Kind::kOptions) return text;  // each has its own brackets
  const bool brackets = argument.optional || argument.kind == Kind::kSwitch;
  return brackets ? "[" + text + "]" : text;
}

}  // namespace

std::string syntax(const Keyword& keyword) {
  std::string text(keyword.name);
  for (const Argument& argument : keyword.takes) {
    if (!text.empty()) text += ' ';
    text += shown(argument);
  }
  if (keyword.opens != Block::kNone) text += " {";
  return text;
}

std::string range_text(const Keyword& keyword) {
  constexpr double kMicrosPerSecond = 1e6;
  for (const Argument& argument : keyword.takes) {
    if (argument.kind == Kind::kNumber) {
      return fmt::format("{} to {}", argument.least, argument.most);
    }
    if (argument.kind == Kind::kTime) {
      return fmt::format("{} to {} s", static_cast<double>(argument.least) / kMicrosPerSecond,
                         static_cast<double>(argument.most) / kMicrosPerSecond);
    }
  }
  return {};
}

}  // namespace holdfast::config
