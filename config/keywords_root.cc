// Rows of the root of the file that belong to no other file of rows.
#include "config/catalogue.h"
#include "config/rows.h"

namespace holdfast::config {
namespace {

constexpr Block kHere = Block::kRoot;
constexpr double kChildWaitMax = 86400;

constexpr auto kPollingKinds =
    std::to_array<std::string_view>({"mii", "ethtool", "ioctl", "MII", "ETHTOOL", "IOCTL"});

std::vector<Keyword> before_all_blocks() {
  const auto space =
      not_yet(kHere, "all processes run in the namespace that the service manager gives them");
  const auto files = never(kHere, "the service manager and `holdfast run` keep track of processes");
  return {
      space("net_namespace", {word("a name")}, "that of the service",
            "The network namespace to run in; stands before all blocks."),
      space("net_namespace_ipvs", {word("a name")}, "as net_namespace",
            "The network namespace in which virtual servers are kept."),
      no_effect(kHere, "no firewall rules are made")(
          "namespace_with_ipsets", {}, {}, "Uses ipsets although the namespace is not the host's."),
      files("instance", {word("a name")}, "none at all",
            "Tells several daemons in one network namespace apart."),
      files("use_pid_dir", {}, {}, "Keeps process ids in a directory of their own."),
      files("child_wait_time", {seconds(0, kChildWaitMax)}, "5",
            "How long a process may take to stop before it is killed."),
  };
}

std::vector<Keyword> link_rows() {
  const auto polling = no_effect(kHere, "the kernel reports the state of every link");
  const auto delays = not_yet(kHere, "the state of a link counts as soon as it changes");
  Keyword polled = polling.item({interface_name(), optional(choice(kPollingKinds))},
                                "An interface whose link is asked for, and how.");
  polled.where = Block::kLinkPolling;
  Keyword delay = delays.item({interface_name(), number(0, 255), optional(number(0, 255))},
                              "An interface, and seconds before it counts as down and as up.");
  delay.where = Block::kLinkDelays;
  std::vector<Keyword> all =
      in({kHere, Block::kInstance}, polling("linkbeat_use_polling", {}, {},
                                            "Asks for the state of links instead of being told."));
  append(all, {polling.block("linkbeat_interfaces", Block::kLinkPolling, {},
                             "Interfaces whose state is asked for, one a line."),
               polled,
               delays.block("interface_up_down_delays", Block::kLinkDelays, {},
                            "How long a change of a link must last before it counts."),
               delay});
  return all;
}

// The preprocessor acts on them; what comes here stood behind something else in its line.
std::vector<Keyword> include_rows() {
  struct Form {
    std::string_view name;
    std::string_view doc;
  };
  constexpr Form kForms[] = {
      {"include", "Reads the files that match; a name without wildcards must be there."},
      {"includer", "Reads the files that match, each of which must be readable."},
      {"includem", "As includer, and a name without wildcards must be there."},
      {"includew", "As includem, and a name with wildcards must match."},
      {"includeb", "As includer, and each alternative in braces must match."},
      {"includea", "All of it: readable, there, and each alternative must match."},
  };
  std::vector<Keyword> all;
  for (const Form& form : kForms) {
    Keyword row = Rows{kHere}(
        form.name, {rest("a path")}, {}, form.doc, "what stands in its place", [](Call& call) {
          const Place place = call.statement.place();
          call.diagnostics.report<kIncludeInLine>(place, in_backticks(call.statement.keyword->name))
              .help("put it on a line of its own");
        });
    row.repeats = true;
    append(all, in({kHere, Block::kGlobalDefs, Block::kScript, Block::kInstance}, row));
  }
  return all;
}

std::vector<Keyword> block_rows() {
  return {{.name = "global_defs",
           .doc = "Settings of the whole system, and defaults of every vrrp_instance.",
           .into = "all four files",
           .opens = Block::kGlobalDefs,
           .repeats = true}};
}

}  // namespace

std::vector<Keyword> root_keywords() {
  std::vector<Keyword> all = block_rows();
  append(all, include_rows());
  append(all, before_all_blocks());
  append(all, link_rows());
  return all;
}

}  // namespace holdfast::config
