// Rows of what instances and groups track: lists of names, files and processes.
#include "config/instance_items.h"
#include "config/rows.h"

namespace holdfast::config {
namespace {

constexpr int64_t kWeightMax = 253;
constexpr int64_t kOpenWeightMax = 254;
constexpr int64_t kQuorumMax = 65535;

constexpr std::string_view kNoFiles = "a vrrp_script that reads the file does the same";
constexpr std::string_view kNoProcesses = "a vrrp_script with `pgrep` does the same";
constexpr std::string_view kNoBfd = "there is no BFD yet";

constexpr auto kTrackOptions = std::to_array<Option>({
    {"weight", number(-kWeightMax, kWeightMax)},
    {"reverse"},
    {"noreverse"},
});
constexpr auto kOpenTrackOptions = std::to_array<Option>({
    {"weight", number(-kOpenWeightMax, kOpenWeightMax)},
    {"reverse"},
    {"noreverse"},
});
constexpr Options kInterfaceWeight{"`track_interface`", kTrackOptions};
constexpr Options kFileWeight{"`track_file`", kOpenTrackOptions};
constexpr Options kProcessWeight{"`track_process`", kOpenTrackOptions};
constexpr Options kBfdWeight{"`track_bfd`", kTrackOptions};

constexpr auto kMatches = std::to_array<std::string_view>({"initial", "partial"});
constexpr auto kFileStartOptions = std::to_array<Option>({
    {"", number(INT32_MIN, INT32_MAX)},
    {"overwrite"},
});
constexpr Options kFileStart{"`init_file`", kFileStartOptions};

Keyword list(std::string_view name, Block opens, std::string_view doc) {
  return {.name = name, .where = Block::kInstance, .doc = doc, .opens = opens, .repeats = true};
}

Keyword group_list(Keyword row) {
  row.where = Block::kSyncGroup;
  row.into = {};
  row.support = Support::kNotYet;
  row.why = "groups that change state together come later";
  return row;
}

// Lists that work in an instance.
std::vector<Keyword> working_rows() {
  Argument tracked = rest("a name");
  tracked.shown = "NAME [weight NUMBER [reverse|noreverse]]";
  Keyword scripts =
      list("track_script", Block::kTrackedScripts, "The vrrp_scripts that matter, one a line.");
  scripts.into = "engine.pb routers.trackers";
  Keyword interfaces = list("track_interface", Block::kTrackedInterfaces,
                            "Interfaces that must be up, one a line; so far its own only.");
  interfaces.into = "nothing: its own interface is always tracked";
  return {
      scripts,
      group_list(scripts),
      {.where = Block::kTrackedScripts,
       .takes = {tracked},
       .doc = "A vrrp_script, and a weight if another than its own counts.",
       .into = "engine.pb routers.trackers",
       .example = "check_nginx weight -30",
       .repeats = true,
       .apply = add_tracked_script},
      interfaces,
      group_list(interfaces),
      {.where = Block::kTrackedInterfaces,
       .takes = {interface_name(), options(kInterfaceWeight)},
       .doc = "An interface; without a weight its loss is a FAULT.",
       .into = "nothing: its own interface is always tracked",
       .repeats = true,
       .apply = add_tracked_interface},
  };
}

// A list in instances and groups, and its lines.
std::vector<Keyword> later_list(std::string_view name, Block opens, const Options& weight,
                                std::string_view why, std::string_view doc,
                                std::string_view item_doc) {
  const auto row = not_yet(opens, why);
  std::vector<Keyword> all =
      in({Block::kInstance, Block::kSyncGroup}, row.block(name, opens, {}, doc));
  all.push_back(row.item({word("a name"), options(weight)}, item_doc));
  return all;
}

std::vector<Keyword> file_rows() {
  const auto row = not_yet(Block::kTrackFile, kNoFiles);
  Keyword block = row.block("track_file", Block::kTrackFile, {word("a name")},
                            "A file with a number that changes the priority.");
  block.where = Block::kRoot;
  return {
      block,
      formerly("vrrp_track_file", block),
      row("file", {path()}, {}, "The file: its number, times the weight, is added."),
      row("weight", {number(INT32_MIN, INT32_MAX), options(kWeightDirection)}, "1",
          "What the number is multiplied with; with 0 any number but 0 is a FAULT."),
      row("init_file", {options(kFileStart)}, "0",
          "Writes the file at the start, also over another value with `overwrite`."),
  };
}

std::vector<Keyword> process_rows() {
  const auto row = not_yet(Block::kTrackProcess, kNoProcesses);
  constexpr Argument kDelay = seconds(0.000001, 3600);
  Keyword block = row.block("vrrp_track_process", Block::kTrackProcess, {word("a name")},
                            "Processes of which enough, and not too many, must run.");
  block.where = Block::kRoot;
  return {
      block,
      row("process", {escaped(many(word("a command and its arguments")))}, {},
          "The name of the program, and the arguments that it must have."),
      row("param_match", {choice(kMatches)}, "all arguments as they are",
          "Whether the arguments need only begin like those of `process`."),
      row("full_command", {}, {}, "Compares the whole command line, not only the name."),
      row("weight", {number(-kOpenWeightMax, kOpenWeightMax), options(kWeightDirection)}, "0",
          "What enough processes (positive) or too few (negative) add to the priority."),
      row("quorum", {number(1, kQuorumMax)}, "1", "How many processes are enough."),
      row("quorum_max", {number(0, kQuorumMax)}, "no limit", "How many are not yet too many."),
      row("delay", {kDelay}, "no delay", "Seconds that a change must last, in both directions."),
      row("fork_delay", {kDelay}, "no delay", "Seconds that enough processes must run."),
      row("terminate_delay", {kDelay}, "no delay", "Seconds that too few processes must last."),
  };
}

}  // namespace

std::vector<Keyword> tracking_keywords() {
  std::vector<Keyword> all = process_rows();
  append(all, file_rows());
  append(all, working_rows());
  append(all, later_list("track_process", Block::kTrackedProcesses, kProcessWeight, kNoProcesses,
                         "The vrrp_track_process blocks that matter, one a line.",
                         "A vrrp_track_process, and a weight if another than its own counts."));
  append(all, later_list("track_file", Block::kTrackedFiles, kFileWeight, kNoFiles,
                         "The files that matter, one a line.",
                         "A file by the name of its block, and a weight if another counts."));
  append(all, later_list("track_bfd", Block::kTrackedBfds, kBfdWeight, kNoBfd,
                         "The bfd_instances that matter, one a line.",
                         "A bfd_instance, and a weight if another than its own counts."));
  append(all,
         {not_yet(Block::kInstance, "the instance's own interface is always tracked")(
             "dont_track_primary", {}, {}, "Goes on when the router's own interface is down.")});
  return all;
}

}  // namespace holdfast::config
