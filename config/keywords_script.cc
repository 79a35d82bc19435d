// Rows of `vrrp_script`, and the weight that trackers share.
#include "config/arguments.h"
#include "config/catalogue.h"
#include "config/rows.h"

namespace holdfast::config {
namespace {

constexpr Block kHere = Block::kScript;
constexpr int64_t kWeightMax = 253;
constexpr int64_t kCountMax = 1'000'000;
constexpr double kSecondsMax = 1'000'000;

void begin_script(Call& call) {
  call.model.scripts.emplace_back();
  call.script().statement = &call.statement;
  set(call.script().name, call.value());
}

void set_weight(Call& call) {
  const Weight read = read_weight(call.statement.words, 1, call.diagnostics);
  if (!read.ok) return;
  call.script().weight = read.weight;
  call.script().reverse = read.reverse;
}

}  // namespace

Weight read_weight(const std::vector<Word>& words, size_t at, Diagnostics& diagnostics) {
  Weight result;
  if (at >= words.size()) {
    diagnostics.report<kMissingArgument>(words.back().place, "`weight`", "a whole number");
    return result;
  }
  const Word& number = words[at];
  const auto value = whole_number(number.text);
  if (!value) {
    diagnostics.report<kNotANumber>(number.place, "`weight`");
    return result;
  }
  if (*value < -kWeightMax || *value > kWeightMax) {
    diagnostics.report<kOutOfRange>(number.place, "`weight`", -kWeightMax, kWeightMax);
    return result;
  }
  result.weight = {*value, number.place};
  result.ok = true;
  for (size_t i = at + 1; i < words.size(); ++i) {
    if (words[i].text == "reverse" || words[i].text == "noreverse") {
      result.reverse = words[i].text == "reverse";
      continue;
    }
    diagnostics.report<kUnknownOption>(words[i].place, in_backticks(words[i].text), "`weight`")
        .help("only `reverse` and `noreverse` may stand here");
    result.ok = false;
  }
  return result;
}

std::vector<Keyword> script_keywords() {
  return {
      {.name = "vrrp_script",
       .where = Block::kRoot,
       .takes = {word("a name")},
       .doc = "A command whose exit status tells whether this host is fit to be MASTER.",
       .opens = Block::kScript,
       .repeats = true,
       .apply = begin_script},
      {.name = "script",
       .where = kHere,
       .takes = {command()},
       .doc = "The command: exit status 0 is success.",
       .apply = [](Call& call) { set(call.script().command, call.value()); }},
      {.name = "interval",
       .where = kHere,
       .takes = {seconds(0.001, kSecondsMax)},
       .otherwise = "1",
       .doc = "Seconds between two runs.",
       .apply = [](Call& call) { set(call.script().interval, call.value()); }},
      {.name = "timeout",
       .where = kHere,
       .takes = {seconds(0.001, kSecondsMax)},
       .otherwise = "the interval",
       .doc = "Seconds after which a run is ended and counts as failed.",
       .apply = [](Call& call) { set(call.script().timeout, call.value()); }},
      {.name = "weight",
       .where = kHere,
       .takes = {rest("a whole number")},
       .otherwise = "0",
       .doc =
           "What success (positive) or failure (negative) adds to the priority; with 0 a failure "
           "is a FAULT.",
       .apply = set_weight},
      {.name = "rise",
       .where = kHere,
       .takes = {number(1, kCountMax)},
       .otherwise = "1",
       .doc = "Successes in a row after which it counts as succeeding.",
       .apply = [](Call& call) { set(call.script().rise, call.value()); }},
      {.name = "fall",
       .where = kHere,
       .takes = {number(1, kCountMax)},
       .otherwise = "1",
       .doc = "Failures in a row after which it counts as failing.",
       .apply = [](Call& call) { set(call.script().fall, call.value()); }},
      no_effect("init_fail", kHere, "a script counts as failed until it has succeeded once"),
      {.name = "user",
       .where = kHere,
       .takes = {user(), optional(group())},
       .doc = "Whom the script runs as.",
       .support = Support::kNotYet,
       .ignoring = Severity::kWarning,
       .why = "scripts run as the unprivileged user of the service"},
      not_yet("include", kHere, "one file is read, so that it is clear what was compiled"),
  };
}

}  // namespace holdfast::config
