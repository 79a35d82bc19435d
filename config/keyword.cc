#include "config/keyword.h"

#include <algorithm>
#include <array>
#include <bit>
#include <tuple>
#include <utility>

namespace holdfast::config {
namespace {

auto key(const Keyword& keyword) {
  return std::tuple(keyword.where, keyword.name);
}

// In the order of the enumeration.
constexpr auto kBlocks = std::to_array<std::pair<Block, BlockInfo>>({
    {Block::kNone, {"nothing"}},
    {Block::kUnknown, {"an unknown block"}},
    {Block::kRoot, {"the file"}},
    {Block::kGlobalDefs, {"`global_defs`"}},
    {Block::kMailAddresses, {"`notification_email`", true}},
    {Block::kScript, {"`vrrp_script`"}},
    {Block::kInstance, {"`vrrp_instance`"}},
    {Block::kAuthentication, {"`authentication`"}},
    {Block::kAddresses, {"`virtual_ipaddress`", true}},
    {Block::kExcludedAddresses, {"`virtual_ipaddress_excluded`", true}},
    {Block::kTrackedScripts, {"`track_script`", true}},
    {Block::kTrackedInterfaces, {"`track_interface`", true}},
    {Block::kTrackedFiles, {"`track_file`", true}},
    {Block::kTrackedProcesses, {"`track_process`", true}},
    {Block::kTrackedBfds, {"`track_bfd`", true}},
    {Block::kUnicastPeers, {"`unicast_peer`", true}},
    {Block::kSignature, {"`auth_hmac`"}},
    {Block::kVirtualRoutes, {"`virtual_routes`", true}},
    {Block::kVirtualRules, {"`virtual_rules`", true}},
    {Block::kSyncGroup, {"`vrrp_sync_group`"}},
    {Block::kSyncMembers, {"`group`", true}},
    {Block::kTrackProcess, {"`vrrp_track_process`"}},
    {Block::kTrackFile, {"`track_file`"}},
    {Block::kTrackGroup, {"`track_group`"}},
    {Block::kTrackGroupMembers, {"`group`", true}},
    {Block::kStaticAddresses, {"`static_ipaddress`", true}},
    {Block::kStaticRoutes, {"`static_routes`", true}},
    {Block::kStaticRules, {"`static_rules`", true}},
    {Block::kLinkPolling, {"`linkbeat_interfaces`", true}},
    {Block::kLinkDelays, {"`interface_up_down_delays`", true}},
    {Block::kGarpGroup, {"`garp_group`"}},
    {Block::kGarpInterfaces, {"`interfaces`", true}},
    {Block::kBfd, {"`bfd_instance`"}},
    {Block::kVirtualServerGroup, {"`virtual_server_group`", true}},
    {Block::kVirtualServer, {"`virtual_server`"}},
    {Block::kRealServer, {"`real_server`"}},
    {Block::kTcpCheck, {"`TCP_CHECK`"}},
    {Block::kPingCheck, {"`PING_CHECK`"}},
    {Block::kHttpCheck, {"`HTTP_GET`"}},
    {Block::kHttpsCheck, {"`SSL_GET`"}},
    {Block::kUrl, {"`url`"}},
    {Block::kSmtpCheck, {"`SMTP_CHECK`"}},
    {Block::kSmtpHost, {"`host`"}},
    {Block::kDnsCheck, {"`DNS_CHECK`"}},
    {Block::kUdpCheck, {"`UDP_CHECK`"}},
    {Block::kMiscCheck, {"`MISC_CHECK`"}},
    {Block::kBfdCheck, {"`BFD_CHECK`"}},
    {Block::kFileCheck, {"`FILE_CHECK`"}},
    {Block::kClientTls, {"`SSL`"}},
});
static_assert([] {
  for (size_t i = 0; i < kBlocks.size(); ++i) {
    if (static_cast<size_t>(kBlocks[i].first) != i) return false;
  }
  return true;
}());

constexpr size_t kWordMax = 64;

// Damerau-Levenshtein with adjacent transpositions; `weigth` is one edit from `weight`.
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> before(b.size() + 1);
  std::vector<size_t> above(b.size() + 1);
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    std::swap(before, above);
    std::swap(above, row);
  }
  return above[b.size()];
}

// A set of the word's letters, some of them sharing a bit.
uint64_t letters_of(std::string_view word) {
  uint64_t letters = 0;
  for (const char c : word) letters |= uint64_t{1} << (static_cast<unsigned char>(c) & 63U);
  return letters;
}

// Each edit can mend one letter that only one of the words has, and one that only the other has.
size_t least_distance(uint64_t a, uint64_t b) {
  return static_cast<size_t>(std::max(std::popcount(a & ~b), std::popcount(b & ~a)));
}

}  // namespace

BlockInfo info(Block block) {
  return kBlocks[static_cast<size_t>(block)].second;
}

Grammar::Grammar() : rows_(all_keywords()) {
  std::ranges::sort(rows_, {}, key);  // no two have the same
  for (const Keyword& row : rows_) {
    if (!row.name.empty()) by_name_.push_back(&row);
  }
  std::ranges::sort(by_name_, {},
                    [](const Keyword* row) { return std::tuple(row->name, row->where); });
}

const Keyword* Grammar::find(Block block, std::string_view name) const {
  const auto wanted = std::tuple(block, info(block).is_list ? std::string_view{} : name);
  const auto found = std::ranges::lower_bound(rows_, wanted, {}, key);
  return found != rows_.end() && key(*found) == wanted ? &*found : nullptr;
}

std::vector<Block> Grammar::places_of(std::string_view name) const {
  std::vector<Block> places;
  for (const Keyword* row : std::ranges::equal_range(by_name_, name, {}, &Keyword::name)) {
    places.push_back(row->where);
  }
  return places;
}

std::string_view Grammar::similar(Block block, std::string_view name) const {
  std::vector<std::string_view> known;
  for (const Keyword& row : rows_) {
    if (row.where == block) known.push_back(row.name);
  }
  return most_similar(name, known);
}

std::string_view Grammar::similar_anywhere(std::string_view name) const {
  std::vector<std::string_view> known;
  for (const Keyword& row : rows_) {
    if (!row.name.empty()) known.push_back(row.name);
  }
  const std::string_view result = most_similar(name, known);
  // Of so many keywords one is a little like almost any word.
  constexpr size_t kLettersAnEdit = 4;
  const bool close = edit_distance(name, result) * kLettersAnEdit <= name.size();
  return close ? result : std::string_view{};
}

std::string_view most_similar(std::string_view word, std::span<const std::string_view> known) {
  if (word.size() > kWordMax) return {};
  size_t best = std::max(word.size(), size_t{3}) / 3 + 1;
  std::string_view result;
  const uint64_t letters = letters_of(word);
  for (const std::string_view candidate : known) {
    const size_t longer = std::max(word.size(), candidate.size());
    if (longer - std::min(word.size(), candidate.size()) >= best) continue;
    if (least_distance(letters, letters_of(candidate)) >= best) continue;
    const size_t distance = edit_distance(word, candidate);
    if (distance >= best) continue;
    best = distance;
    result = candidate;
  }
  return result;
}

}  // namespace holdfast::config
