// What the rows of the keyword table are written with.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <utility>

#include "config/keyword.h"

namespace holdfast::config {

constexpr Argument number(int64_t least, int64_t most) {
  return {.kind = Argument::Kind::kNumber, .what = "a whole number", .least = least, .most = most};
}
constexpr Argument port() {
  Argument argument = number(1, 65535);
  argument.shown = "PORT";
  return argument;
}
constexpr Argument seconds(double least, double most) {
  constexpr double kMicrosPerSecond = 1e6;
  return {.kind = Argument::Kind::kTime,
          .what = "a time in seconds",
          .least = static_cast<int64_t>(least * kMicrosPerSecond + 0.5),
          .most = static_cast<int64_t>(most * kMicrosPerSecond + 0.5)};
}
constexpr Argument on_or_off() {
  return {.kind = Argument::Kind::kSwitch, .what = "on or off"};
}
// One of these words, to the letter.
constexpr Argument choice(std::span<const std::string_view> choices) {
  return {.kind = Argument::Kind::kChoice, .what = "one of its words", .choices = choices};
}
// An argument that `what` describes well enough: "a name", "a password".
constexpr Argument word(std::string_view what) {
  return {.kind = Argument::Kind::kWord, .what = what};
}
constexpr Argument address() {
  return {.kind = Argument::Kind::kAddress, .what = "an IPv4 address"};
}
constexpr Argument address6() {
  return {.kind = Argument::Kind::kAddress6, .what = "an IPv6 address"};
}
constexpr Argument any_address() {
  return {.kind = Argument::Kind::kAnyAddress, .what = "an IPv4 or IPv6 address"};
}
constexpr Argument network() {
  return {.kind = Argument::Kind::kNetwork, .what = "an address, perhaps with a prefix length"};
}
constexpr Argument address_range() {
  return {.kind = Argument::Kind::kRange, .what = "an address, perhaps with `-LAST` behind it"};
}
constexpr Argument host() {
  return {.kind = Argument::Kind::kHost, .what = "a host name or an address"};
}
constexpr Argument interface_name() {
  return {.kind = Argument::Kind::kInterface, .what = "the name of an interface"};
}
constexpr Argument path() {
  return {.kind = Argument::Kind::kPath, .what = "a path"};
}
constexpr Argument hex() {
  return {.kind = Argument::Kind::kHex, .what = "hexadecimal digits"};
}
constexpr Argument mac() {
  return {.kind = Argument::Kind::kMac, .what = "bytes of a MAC address, such as 00:00:5e:00:01"};
}
constexpr Argument user() {
  return {.kind = Argument::Kind::kUser, .what = "the name of a user"};
}
constexpr Argument group() {
  return {.kind = Argument::Kind::kUser, .what = "the name of a group", .shown = "GROUP"};
}
constexpr Argument command() {
  return {.kind = Argument::Kind::kCommand, .what = "a command"};
}
// All words that follow, which the row reads itself.
constexpr Argument rest(std::string_view what) {
  return {.kind = Argument::Kind::kRest, .what = what};
}
constexpr Argument options(const Options& table) {
  return {.kind = Argument::Kind::kOptions, .options = &table};
}
constexpr Argument optional(Argument argument) {
  argument.optional = true;
  return argument;
}
constexpr Argument many(Argument argument) {
  argument.many = true;
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

// Rows of one block that are not supported for one reason.
struct LaterRows {
  Block where;
  std::string_view why;
  Severity ignoring = Severity::kError;

  Keyword operator()(std::string_view name, std::vector<Argument> takes, std::string_view otherwise,
                     std::string_view doc) const {
    return {.name = name,
            .where = where,
            .takes = std::move(takes),
            .otherwise = otherwise,
            .doc = doc,
            .support = Support::kNotYet,
            .ignoring = ignoring,
            .why = why};
  }
  Keyword block(std::string_view name, Block opens, std::vector<Argument> takes,
                std::string_view doc) const {
    Keyword row = (*this)(name, std::move(takes), {}, doc);
    row.opens = opens;
    row.repeats = true;
    return row;
  }
  // The lines of a list.
  Keyword item(std::vector<Argument> takes, std::string_view doc) const {
    Keyword row = block({}, Block::kNone, std::move(takes), doc);
    return row;
  }
};

// One declaration for several blocks.
inline std::vector<Keyword> in(std::initializer_list<Block> blocks, const Keyword& row) {
  std::vector<Keyword> rows;
  for (const Block block : blocks) {
    rows.push_back(row);
    rows.back().where = block;
  }
  return rows;
}
inline void append(std::vector<Keyword>& all, std::vector<Keyword> rows) {
  std::ranges::move(rows, std::back_inserter(all));
}

inline Keyword not_yet(std::string_view name, Block where, std::string_view why,
                       Severity ignoring = Severity::kError, Block opens = Block::kNone) {
  return {.name = name,
          .where = where,
          .takes = {rest("anything")},
          .opens = opens,
          .support = Support::kNotYet,
          .ignoring = ignoring,
          .why = why,
          .repeats = true};
}
inline Keyword never(std::string_view name, Block where, Severity ignoring, std::string_view why) {
  return {.name = name,
          .where = where,
          .takes = {rest("anything")},
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

// The parts of the table, a file each.
std::vector<Keyword> global_keywords();
std::vector<Keyword> script_keywords();
std::vector<Keyword> instance_keywords();

// Reads `weight N [reverse|noreverse]` from words[at] on, N first; reports what is wrong.
struct Weight {
  Setting<int64_t> weight;
  bool reverse = false;
  bool ok = false;
};
Weight read_weight(const std::vector<Word>& words, size_t at, Diagnostics& diagnostics);

}  // namespace holdfast::config
