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
  call.script().contents = contents_of(call);
  set_name(call.script().name, call);
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
    return result;
  }
  return result;
}

std::vector<Keyword> script_keywords() {
  constexpr Rows kRow{kHere};
  Keyword weight =
      kRow("weight", {rest("a whole number")}, "0",
           "What success (positive) or failure (negative) adds to the priority; with 0 "
           "a failure is a FAULT.",
           "engine.pb routers.trackers.weight", set_weight);
  weight.takes.front().shown = "NUMBER [reverse|noreverse]";
  weight.example = "weight -30";
  return {
      {.name = "vrrp_script",
       .takes = {word("a name")},
       .doc = "A command whose exit status tells whether this host is fit to be MASTER.",
       .into = "checker.pb scripts, engine.pb checks",
       .opens = Block::kScript,
       .repeats = true,
       .apply = begin_script},
      kRow("script", {command()}, {}, "The command: exit status 0 is success.",
           "checker.pb scripts.command",
           [](Call& call) {
             set(call.script().command, call.value());
             const RunAs& run_as = call.value().run_as;
             if (run_as.user.is_set()) call.script().run_as = run_as;
           }),
      kRow("interval", {seconds(0.001, kSecondsMax)}, "1", "Seconds between two runs.",
           "checker.pb scripts.interval_ms",
           [](Call& call) { set(call.script().interval, call.value()); }),
      kRow("timeout", {seconds(0.001, kSecondsMax)}, "the interval",
           "Seconds after which a run is ended and counts as failed.",
           "checker.pb scripts.timeout_ms",
           [](Call& call) { set(call.script().timeout, call.value()); }),
      weight,
      kRow("rise", {number(1, kCountMax)}, "1",
           "Successes in a row after which it counts as succeeding.", "checker.pb scripts.rise",
           [](Call& call) { set(call.script().rise, call.value()); }),
      kRow("fall", {number(1, kCountMax)}, "1",
           "Failures in a row after which it counts as failing.", "checker.pb scripts.fall",
           [](Call& call) { set(call.script().fall, call.value()); }),
      no_effect(kHere, "a script counts as failed until it has succeeded once")(
          "init_fail", {}, {}, "Counts the script as failed before its first run has ended."),
      kRow("user", {user(), optional(group())}, "as script_user", "Whom the script runs as.",
           "runner.USER.pb", [](Call& call) { set(call.script().run_as, call); }),
  };
}

}  // namespace holdfast::config
