// Rows of what joins several instances or interfaces: `vrrp_sync_group`, `track_group` and
// `garp_group`.
#include "config/rows.h"

namespace holdfast::config {
namespace {

Keyword at_root(Keyword row) {
  row.where = Block::kRoot;
  return row;
}

std::vector<Keyword> sync_rows() {
  const auto row = not_yet(Block::kSyncGroup, "groups that change state together come later");
  Keyword member = row.item({many(word("a vrrp_instance"))}, "Members of the group.");
  member.where = Block::kSyncMembers;
  return {
      at_root(row.block("vrrp_sync_group", Block::kSyncGroup, {word("a name")},
                        "Instances that are MASTER together or not at all.")),
      row.block("group", Block::kSyncMembers, {}, "The instances, one a line."),
      member,
      row("notify_master", {command()}, {}, "Runs when the group becomes MASTER."),
      row("notify_backup", {command()}, {}, "Runs when the group becomes BACKUP."),
      row("notify_fault", {command()}, {}, "Runs when the group enters FAULT."),
      row("notify_stop", {command()}, {}, "Runs when the service that has the group stops."),
      row("notify", {command()}, {},
          "Runs at every change, with GROUP, the name, the state and the priority appended."),
      row("smtp_alert", {on_or_off()}, "as smtp_alert_vrrp",
          "Whether changes of the group's state are mailed."),
      row("notify_priority_changes", {on_or_off()}, "off",
          "Whether changes of the members' priority are notified, too."),
      row("sync_group_tracking_weight", {}, {},
          "Lets weights of trackers count although the members must agree."),
      row("global_tracking", {}, {}, "Once made all members track the same things."),
  };
}

std::vector<Keyword> track_group_rows() {
  const auto row = not_yet(Block::kTrackGroup, "only virtual addresses are managed");
  Keyword member = row.item({many(word("a vrrp_instance"))},
                            "Instances that are in FAULT while something static is missing.");
  member.where = Block::kTrackGroupMembers;
  return {
      at_root(row.block("track_group", Block::kTrackGroup, {word("a name")},
                        "Instances that depend on static addresses, routes or rules.")),
      row.block("group", Block::kTrackGroupMembers, {}, "The instances that depend, one a line."),
      member,
  };
}

std::vector<Keyword> garp_group_rows() {
  constexpr double kPacingMin = 0.000001;
  constexpr double kPacingMax = 4294;
  const auto row = not_yet(Block::kGarpGroup, "gratuitous ARP is not paced", Severity::kWarning);
  Keyword item = row.item({many(interface_name())}, "Interfaces that share one switch.");
  item.where = Block::kGarpInterfaces;
  return {
      at_root(row.block("garp_group", Block::kGarpGroup, {},
                        "Interfaces that pace gratuitous ARP together.")),
      row("garp_interval", {seconds(kPacingMin, kPacingMax)}, "as vrrp_garp_interval",
          "The least gap between two gratuitous ARP messages of the group."),
      row("gna_interval", {seconds(kPacingMin, kPacingMax)}, "as vrrp_gna_interval",
          "The least gap between two neighbour advertisements of the group."),
      row("interface", {interface_name()}, {}, "The one interface of the group."),
      row.block("interfaces", Block::kGarpInterfaces, {},
                "The interfaces of the group, one a line."),
      item,
  };
}

}  // namespace

std::vector<Keyword> group_keywords() {
  std::vector<Keyword> all = sync_rows();
  append(all, track_group_rows());
  append(all, garp_group_rows());
  return all;
}

}  // namespace holdfast::config
