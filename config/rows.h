// What the rows of the keyword table are written with.
#pragma once

#include "config/keyword.h"

namespace holdfast::config {

inline Argument number(int64_t least, int64_t most) {
  return {.kind = Argument::Kind::kNumber, .what = "a whole number", .least = least, .most = most};
}
inline Argument seconds(double least, double most) {
  constexpr double kMicrosPerSecond = 1e6;
  return {.kind = Argument::Kind::kTime,
          .what = "a time in seconds",
          .least = static_cast<int64_t>(least * kMicrosPerSecond + 0.5),
          .most = static_cast<int64_t>(most * kMicrosPerSecond + 0.5)};
}
inline Argument on_or_off() {
  return {.kind = Argument::Kind::kSwitch};
}
inline Argument word(std::string_view what) {
  return {.kind = Argument::Kind::kWord, .what = what};
}
inline Argument address() {
  return {.kind = Argument::Kind::kAddress, .what = "an IPv4 address"};
}
inline Argument interface_name() {
  return {.kind = Argument::Kind::kInterface, .what = "the name of an interface"};
}
inline Argument command() {
  return {.kind = Argument::Kind::kCommand, .what = "a command"};
}
inline Argument rest(std::string_view what) {
  return {.kind = Argument::Kind::kRest, .what = what};
}
inline Argument optional(Argument argument) {
  argument.optional = true;
  return argument;
}

inline void set(Setting<int64_t>& setting, const Value& value) {
  setting = {value.number, value.place};
}
inline void set(Setting<Micros>& setting, const Value& value) {
  setting = {value.time, value.place};
}
inline void set(Setting<bool>& setting, const Value& value) {
  setting = {value.on, value.place};
}
inline void set(Setting<std::string>& setting, const Value& value) {
  setting = {value.text, value.place};
}
inline void set(Setting<Ipv4>& setting, const Value& value) {
  setting = {value.address, value.place};
}
inline void set(Setting<Command>& setting, const Value& value) {
  setting = {value.command, value.place};
}

inline Keyword not_yet(std::string_view name, Block where, std::string_view why,
                       Severity ignoring = Severity::kError) {
  return {.name = name,
          .where = where,
          .support = Support::kNotYet,
          .ignoring = ignoring,
          .why = why,
          .repeats = true};
}
inline Keyword never(std::string_view name, Block where, Severity ignoring, std::string_view why) {
  return {.name = name,
          .where = where,
          .support = Support::kNever,
          .ignoring = ignoring,
          .why = why,
          .repeats = true};
}
inline Keyword obsolete(std::string_view name, Block where, std::string_view why,
                        std::string_view instead) {
  Keyword row = never(name, where, Severity::kWarning, why);
  row.instead = instead;
  return row;
}
inline Keyword no_effect(std::string_view name, Block where, std::string_view why) {
  return never(name, where, Severity::kNote, why);
}

// Reads `weight N [reverse|noreverse]` from words[at] on, N first; reports what is wrong.
struct Weight {
  Setting<int64_t> weight;
  bool reverse = false;
  bool ok = false;
};
Weight read_weight(const std::vector<Word>& words, size_t at, Diagnostics& diagnostics);

}  // namespace holdfast::config
