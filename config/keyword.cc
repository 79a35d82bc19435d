#include "config/keyword.h"

#include <algorithm>
#include <bit>
#include <tuple>

namespace holdfast::config {
namespace {

auto key(const Keyword& keyword) {
  return std::tuple(keyword.where, keyword.name);
}

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
  switch (block) {
    case Block::kNone:
      return {"nothing"};
    case Block::kUnknown:
      return {"an unknown block"};
    case Block::kRoot:
      return {"the file"};
    case Block::kGlobalDefs:
      return {"`global_defs`"};
    case Block::kMailAddresses:
      return {"`notification_email`", true};
    case Block::kScript:
      return {"`vrrp_script`"};
    case Block::kInstance:
      return {"`vrrp_instance`"};
    case Block::kAuthentication:
      return {"`authentication`"};
    case Block::kAddresses:
      return {"`virtual_ipaddress`", true};
    case Block::kExcludedAddresses:
      return {"`virtual_ipaddress_excluded`", true};
    case Block::kTrackedScripts:
      return {"`track_script`", true};
  }
  return {"?"};
}

Grammar::Grammar() {
  for (auto rows : {global_keywords(), script_keywords(), instance_keywords()}) {
    for (Keyword& row : rows) rows_.push_back(std::move(row));
  }
  std::ranges::sort(rows_, {}, key);
}

const Keyword* Grammar::find(Block block, std::string_view name) const {
  const auto wanted = std::tuple(block, info(block).is_list ? std::string_view{} : name);
  const auto found = std::ranges::lower_bound(rows_, wanted, {}, key);
  return found != rows_.end() && key(*found) == wanted ? &*found : nullptr;
}

std::vector<Block> Grammar::places_of(std::string_view name) const {
  std::vector<Block> places;
  for (const Keyword& row : rows_) {
    if (!name.empty() && row.name == name) places.push_back(row.where);
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
  return most_similar(name, known);
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
