#include "cli/audit/trail_reader.h"

#include <fmt/format.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include <array>
#include <memory>

#include "common/log.h"
#include "common/users.h"

namespace holdfast::cli::audit {
namespace {

// The MESSAGE_ID of net-helper's records: net-helper/trail.cc.
constexpr const char* kOfTheTrail = "MESSAGE_ID=3a0831171c634a39bbbad5a871ce0596";
// Anybody may write records with that id; who wrote one says the journal itself. The unit is
// missing where the process ended before the journal looked, its user never.
constexpr const char* kByItsUnit = "_SYSTEMD_UNIT=holdfast-net-helper.service";
constexpr const char* kItsUser = "holdfast-net";
constexpr size_t kValueBytesMax = 1000;
constexpr std::array kFields = {"MESSAGE",           "HOLDFAST_ID",         "HOLDFAST_ACT",
                                "HOLDFAST_OUTCOME",  "HOLDFAST_POLICY_ROW", "HOLDFAST_KERNEL",
                                "HOLDFAST_PEER_PID", "HOLDFAST_PEER_UID",   "HOLDFAST_SUPPRESSED"};

struct Close {
  void operator()(sd_journal* journal) const { sd_journal_close(journal); }
};
using Journal = std::unique_ptr<sd_journal, Close>;

Result<Journal> open_journal(const std::string& directory) {
  sd_journal* opened = nullptr;
  const int error = directory.empty()
                        ? sd_journal_open(&opened, SD_JOURNAL_LOCAL_ONLY | SD_JOURNAL_SYSTEM)
                        : sd_journal_open_directory(&opened, directory.c_str(), 0);
  if (error < 0) {
    return failure(fmt::format("journal {}: {}", directory, error_text(-error)));
  }
  Journal journal(opened);
  if (sd_journal_has_runtime_files(opened) > 0 || sd_journal_has_persistent_files(opened) > 0) {
    return journal;
  }
  if (!directory.empty()) return failure(fmt::format("{}: no journal file there", directory));
  if (::access("/run/log/journal", F_OK) == 0 || ::access("/var/log/journal", F_OK) == 0) {
    return failure(
        "this user may not read the system's journal: run it as root, or as a member of "
        "the group systemd-journal");
  }
  return failure(
      "this host has no journal: without one, net-helper's records are lines of its log "
      "(`holdfast run` writes it to standard error)");
}

std::string value_of(sd_journal* journal, const std::string& name) {
  const void* data = nullptr;
  size_t size = 0;
  if (sd_journal_get_data(journal, name.c_str(), &data, &size) < 0) return {};
  const std::string_view text(static_cast<const char*>(data), size);
  return log::printable(text.substr(name.size() + 1), kValueBytesMax);
}

// The journal has noted the unit of whoever wrote to it, and whoever has this pid in that boot has
// written something: its start at least.
class UnitNames {
 public:
  explicit UnitNames(Journal journal) : journal_(std::move(journal)) {}

  std::string of(const std::string& pid, const std::string& boot) {
    const auto [at, is_new] = known_.try_emplace({pid, boot});
    if (!is_new) return at->second;
    sd_journal_flush_matches(journal_.get());
    for (const std::string& match : {"_PID=" + pid, "_BOOT_ID=" + boot}) {
      sd_journal_add_match(journal_.get(), match.data(), match.size());
    }
    sd_journal_seek_tail(journal_.get());
    if (sd_journal_previous(journal_.get()) > 0) {
      at->second = value_of(journal_.get(), "_SYSTEMD_UNIT");
    }
    return at->second;
  }

 private:
  Journal journal_;
  std::map<std::pair<std::string, std::string>, std::string> known_;
};

}  // namespace

Result<void> read_trail(const TrailQuery& query,
                        const std::function<void(const TrailEntry&)>& each) {
  auto opened = open_journal(query.directory);
  if (!opened) return std::unexpected(opened.error());
  auto second = open_journal(query.directory);
  if (!second) return std::unexpected(second.error());
  UnitNames units(std::move(*second));
  sd_journal* journal = opened->get();
  sd_journal_add_match(journal, kOfTheTrail, 0);
  sd_journal_add_conjunction(journal);
  sd_journal_add_match(journal, kByItsUnit, 0);
  if (const auto user = user_id(kItsUser)) {
    sd_journal_add_disjunction(journal);
    sd_journal_add_match(journal, fmt::format("_UID={}", *user).c_str(), 0);
  }
  if (query.since) {
    const auto since = query.since->time_since_epoch().count();
    sd_journal_seek_realtime_usec(journal, static_cast<uint64_t>(std::max<int64_t>(since, 0)));
  } else {
    sd_journal_seek_head(journal);
  }
  int more = 0;
  while ((more = sd_journal_next(journal)) > 0) {
    TrailEntry entry;
    uint64_t realtime_us = 0;
    sd_journal_get_realtime_usec(journal, &realtime_us);
    entry.when = WallTime(std::chrono::microseconds(realtime_us));
    for (const char* name : kFields) entry.fields[name] = value_of(journal, name);
    const std::string& pid = entry.fields["HOLDFAST_PEER_PID"];
    if (!pid.empty()) entry.peer_unit = units.of(pid, value_of(journal, "_BOOT_ID"));
    each(entry);
  }
  if (more < 0) return failure(fmt::format("read the journal: {}", error_text(-more)));
  return {};
}

}  // namespace holdfast::cli::audit
