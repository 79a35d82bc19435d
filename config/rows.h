// What the rows of the keyword table are written with.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
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
  constexpr auto micros = [](double value) {
    return std::chrono::round<std::chrono::microseconds>(std::chrono::duration<double>(value));
  };
  return {.kind = Argument::Kind::kTime,
          .what = "a time in seconds",
          .least = micros(least).count(),
          .most = micros(most).count()};
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
  return {.kind = Argument::Kind::kOptions, .optional = true, .options = &table};
}
constexpr Argument optional(Argument argument) {
  argument.optional = true;
  return argument;
}
// A word that the tokenizer of script lines makes, with its quotes and escapes.
constexpr Argument escaped(Argument argument) {
  argument.escaped = true;
  return argument;
}
constexpr Argument many(Argument argument) {
  argument.many = true;
  return argument;
}

// What the block of the call names.
const Contents* contents_of(const Call& call);
// The first argument; if it is missing, that is said elsewhere, and the block's place is here.
void set_name(Setting<std::string>& name, const Call& call);

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

// `USER [GROUP]`, from this argument on.
inline void set(RunAs& run_as, const Call& call, size_t first = 0) {
  set(run_as.user, call.value(first));
  if (!call.value(first + 1).text.empty()) set(run_as.group, call.value(first + 1));
}

// Rows of one block that work.
struct Rows {
  Block where;

  Keyword operator()(std::string_view name, std::vector<Argument> takes, std::string_view otherwise,
                     std::string_view doc, std::string_view into, void (*apply)(Call&)) const {
    return {.name = name,
            .where = where,
            .takes = std::move(takes),
            .otherwise = otherwise,
            .doc = doc,
            .into = into,
            .apply = apply};
  }
};

// Rows of one block that are not supported for one reason.
struct UnsupportedRows {
  Block where;
  std::string_view why;
  Severity ignoring = Severity::kError;
  Support support = Support::kNotYet;

  Keyword operator()(std::string_view name, std::vector<Argument> takes, std::string_view otherwise,
                     std::string_view doc) const {
    return {.name = name,
            .where = where,
            .takes = std::move(takes),
            .otherwise = otherwise,
            .doc = doc,
            .support = support,
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
    return block({}, Block::kNone, std::move(takes), doc);
  }
};
// What means nothing here, or is so anyway.
constexpr UnsupportedRows no_effect(Block where, std::string_view why) {
  return {where, why, Severity::kNote, Support::kNever};
}
// What is ignored for good, and does not matter to who holds an address.
constexpr UnsupportedRows never(Block where, std::string_view why) {
  return {where, why, Severity::kWarning, Support::kNever};
}
constexpr UnsupportedRows not_yet(Block where, std::string_view why,
                                  Severity ignoring = Severity::kError) {
  return {where, why, ignoring, Support::kNotYet};
}
// What keepalived once knew.
inline Keyword obsolete(Block where, std::string_view name, std::string_view why,
                        std::string_view instead) {
  Argument anything = rest("anything");
  anything.shown = "...";
  Keyword row = never(where, why)(name, {anything}, {}, {});
  row.instead = instead;
  row.repeats = true;
  return row;
}
// What keepalived skips, because it is of another program.
inline Keyword foreign(Block where, std::string_view name, std::string_view why,
                       std::string_view instead) {
  Keyword row = obsolete(where, name, why, instead);
  row.ignoring = Severity::kError;
  return row;
}
// An old name of this row that works as well.
inline Keyword formerly(std::string_view name, Keyword row) {
  row.new_name = std::exchange(row.name, name);
  return row;
}

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

// The parts of the table, a file each.
std::vector<Keyword> root_keywords();
std::vector<Keyword> mail_keywords();
std::vector<Keyword> default_keywords();
std::vector<Keyword> global_vrrp_keywords();
std::vector<Keyword> global_process_keywords();
std::vector<Keyword> global_channel_keywords();
std::vector<Keyword> instance_keywords();
std::vector<Keyword> instance_address_keywords();
std::vector<Keyword> instance_transport_keywords();
std::vector<Keyword> instance_event_keywords();
std::vector<Keyword> script_keywords();
std::vector<Keyword> tracking_keywords();
std::vector<Keyword> group_keywords();
std::vector<Keyword> route_keywords();
std::vector<Keyword> bfd_keywords();
std::vector<Keyword> virtual_server_keywords();
std::vector<Keyword> checker_keywords();
std::vector<Keyword> http_keywords();

// Reports a group that is none.
void set_multicast_group(Call& call, Setting<Ipv4>& group);

constexpr auto kWeightDirections = std::to_array<Option>({{"reverse"}, {"noreverse"}});
constexpr Options kWeightDirection{"`weight`", kWeightDirections};

// Reads `weight N [reverse|noreverse]` from words[at] on, N first; reports what is wrong.
struct Weight {
  Setting<int64_t> weight;
  bool reverse = false;
  bool ok = false;
};
Weight read_weight(const std::vector<Word>& words, size_t at, Diagnostics& diagnostics);

}  // namespace holdfast::config
