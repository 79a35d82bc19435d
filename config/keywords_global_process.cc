// Rows of `global_defs`: processes, the users of scripts, reloading and files.
#include "config/rows.h"

namespace holdfast::config {
namespace {

constexpr Block kHere = Block::kGlobalDefs;
constexpr int64_t kScriptSecondsMax = 1000;

constexpr auto kJsonVersions = std::to_array<std::string_view>({"1", "2"});

std::vector<Keyword> name_rows() {
  const auto row = never(kHere, "the processes of this service are told apart by their own names");
  const Keyword checker = row("checker_process_name", {word("a name")}, "its own name",
                              "What the process that checks real servers is called.");
  return {
      row("process_names", {}, {}, "Gives each process a name of its own."),
      row("process_name", {word("a name")}, "its own name", "What the parent process is called."),
      row("vrrp_process_name", {word("a name")}, "its own name",
          "What the process that speaks VRRP is called."),
      checker,
      formerly("lvs_process_name", checker),
      row("bfd_process_name", {word("a name")}, "its own name",
          "What the process that speaks BFD is called."),
  };
}

// Priorities of one process.
struct ProcessNames {
  std::string_view priority, no_swap, rt_priority, cpu_affinity, rlimit_rttime, rlimit_rtime;
};

void append_priorities(std::vector<Keyword>& all, const ProcessNames& names) {
  constexpr int64_t kNiceMin = -20;
  constexpr int64_t kNiceMax = 19;
  constexpr int64_t kRealTimeMax = 99;
  constexpr int64_t kProcessors = 65535;
  const auto row = never(kHere, "the units of the service manager set scheduling and limits");
  const Keyword limit = row(names.rlimit_rttime, {number(1, INT32_MAX)}, "10000",
                            "Microseconds of real time before the process must let others run.");
  append(all, {row(names.priority, {number(kNiceMin, kNiceMax)}, "0",
                   "How nice the process is to others; negative is faster."),
               row(names.no_swap, {}, {}, "Keeps the process in memory."),
               row(names.rt_priority, {number(1, kRealTimeMax)}, "not in real time",
                   "Its priority under real-time scheduling."),
               row(names.cpu_affinity, {many(number(0, kProcessors))}, "all processors",
                   "The processors that it may run on."),
               limit, formerly(names.rlimit_rtime, limit)});
}

std::vector<Keyword> scheduling_rows() {
  const auto row = never(kHere, "the units of the service manager set scheduling and limits");
  std::vector<Keyword> all;
  append_priorities(all, {"vrrp_priority", "vrrp_no_swap", "vrrp_rt_priority", "vrrp_cpu_affinity",
                          "vrrp_rlimit_rttime", "vrrp_rlimit_rtime"});
  append_priorities(all, {"checker_priority", "checker_no_swap", "checker_rt_priority",
                          "checker_cpu_affinity", "checker_rlimit_rttime", "checker_rlimit_rtime"});
  append_priorities(all, {"bfd_priority", "bfd_no_swap", "bfd_rt_priority", "bfd_cpu_affinity",
                          "bfd_rlimit_rttime", "bfd_rlimit_rtime"});
  append(all, {row("max_auto_priority", {optional(number(-1, 99))}, "0",
                   "How far real-time priority may rise when the process is late."),
               row("min_auto_priority_delay", {number(1, 10'000'000)}, "1000000",
                   "Microseconds of lateness that make it rise.")});
  return all;
}

std::vector<Keyword> script_rows() {
  const auto start = not_yet(kHere, "a unit of the service manager can run it", Severity::kWarning);
  return {
      Rows{kHere}("script_user", {user(), optional(group())}, "the user of the service",
                  "Whom scripts run as, that name nobody else.", "runner.USER.pb",
                  [](Call& call) { set(call.global().script_user, call); }),
      no_effect(kHere, "scripts run as root only where the administrator has enabled that")(
          "enable_script_security", {}, {}, "Refuses scripts of root that others may change."),
      no_effect(kHere, "scripts run with all groups of their user")(
          "set_supplementary_groups", {}, {}, "Gives scripts all groups of their user."),
      no_effect(kHere, "the names of scripts are used as they are written")(
          "use_symlink_paths", {on_or_off()}, "off",
          "Whether symbolic links in the names of scripts are kept."),
      start("startup_script", {command()}, "none at all", "Runs before anything else starts."),
      start("startup_script_timeout", {number(1, kScriptSecondsMax)}, "10",
            "Seconds that startup_script may take."),
      start("shutdown_script", {command()}, "none at all", "Runs when everything has stopped."),
      start("shutdown_script_timeout", {number(1, kScriptSecondsMax)}, "10",
            "Seconds that shutdown_script may take."),
  };
}

std::vector<Keyword> reload_rows() {
  const auto timed =
      not_yet(kHere, "a timer of the service manager can reload", Severity::kWarning);
  return {
      no_effect(kHere, "a configuration with errors never replaces the one that runs")(
          "reload_check_config", {optional(path())}, "no log",
          "Checks a new configuration before it takes the old one's place."),
      timed("reload_time_file", {path()}, "none at all", "A file that says when to reload."),
      timed("reload_repeat", {}, {}, "Keeps that file after the reload."),
      no_effect(kHere, "a configuration is read at once, and whole")(
          "reload_file", {optional(path())}, "keepalived.reload",
          "A file that exists while the configuration is read."),
      // Both are the preprocessor's.
      Rows{kHere}("include_check", {rest("what to check")}, "match, readable",
                  "Which includes are errors: readable, match, wildcard_match, brace_match.",
                  "what is read", [](Call&) {}),
      Rows{kHere}("random_seed", {number(0, UINT32_MAX)}, "made from the configuration id",
                  "What `${_RANDOM}` begins with.", "what is read", [](Call&) {}),
  };
}

std::vector<Keyword> file_rows() {
  const auto dumps = never(kHere, "`holdfast status` shows what a dump would hold");
  const auto row = never(kHere, "compiled configurations are kept in the runtime directory");
  return {
      row("config_save_dir", {path()}, "none at all", "Where old configurations are kept."),
      row("tmp_config_directory", {path()}, "in memory",
          "Where a copy of the configuration is put while it is read."),
      no_effect(kHere, "the units of the service manager set it")(
          "umask", {many(word("a number or permission bits"))}, "that of the service",
          "Which permissions new files lack."),
      dumps("data_use_instance", {on_or_off()}, "off",
            "Whether the names of dumps hold that of the instance."),
      dumps("state_dump_file", {path()}, "in /tmp or /run", "Where state is dumped."),
      dumps("stats_dump_file", {path()}, "in /tmp or /run", "Where statistics are dumped."),
      dumps("json_dump_file", {path()}, "in /tmp or /run", "Where JSON is dumped."),
      dumps("json_version", {choice(kJsonVersions)}, "1", "The form of the dumped JSON."),
      no_effect(kHere, "no names of routing tables are looked up")(
          "iproute_usr_dir", {path()}, "as iproute2 was built",
          "Where iproute2 keeps the names of tables."),
      no_effect(kHere, "no names of routing tables are looked up")(
          "iproute_etc_dir", {path()}, "as iproute2 was built",
          "Where the administrator keeps the names of tables."),
  };
}

}  // namespace

std::vector<Keyword> global_process_keywords() {
  std::vector<Keyword> all = script_rows();
  append(all, name_rows());
  append(all, scheduling_rows());
  append(all, reload_rows());
  append(all, file_rows());
  return all;
}

}  // namespace holdfast::config
