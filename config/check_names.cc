// Names in lists: of routers that belong together, and of what they track.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "config/catalogue.h"
#include "config/check.h"
#include "config/interpret.h"

namespace holdfast::config {
namespace {

// Among more nobody waits for the most similar one.
constexpr size_t kSearchedMax = 1000;
constexpr size_t kSearchesMax = 100;

struct NameList {
  Block block;
  std::string_view kind;    // of what the lines name
  bool has_many = false;    // names in a line; else the rest of it says more about one
  Block defined = Block{};  // the block that has such a name; none: the model has them
};

constexpr auto kLists = std::to_array<NameList>({
    {.block = Block::kSyncMembers, .kind = "vrrp_instance", .has_many = true},
    {.block = Block::kTrackGroupMembers, .kind = "vrrp_instance", .has_many = true},
    // Those of a router are looked at with the router.
    {.block = Block::kTrackedScripts, .kind = "vrrp_script"},
    {.block = Block::kTrackedProcesses,
     .kind = "vrrp_track_process",
     .defined = Block::kTrackProcess},
    {.block = Block::kTrackedFiles, .kind = "track_file", .defined = Block::kTrackFile},
    {.block = Block::kTrackedBfds, .kind = "bfd_instance", .defined = Block::kBfd},
});

// Whether what is named may stand where nothing could be read.
bool hides_names(const Diagnostic& one) {
  const auto id = one.finding.id;
  const bool is_keyword = id == kUnknownKeyword.id || id == kMisplacedKeyword.id ||
                          id == kUnknownSkipped.id || id == kMisplacedSkipped.id;
  if (is_keyword) return one.text.ends_with(info(Block::kRoot).name);
  return id.starts_with("HF05") || id == kTemplate.id;
}

class NameChecker {
 public:
  NameChecker(const Model& model, Diagnostics& diagnostics)
      : model_(model), diagnostics_(diagnostics) {}

  void run() {
    find_lists(*model_.statements);
    if (lists_.empty() || std::ranges::any_of(diagnostics_.all(), hides_names)) return;
    for (const Instance& one : model_.instances) add("vrrp_instance", one.name.value);
    for (const Script& one : model_.scripts) add("vrrp_script", one.name.value);
    for (const auto& [statement, list] : lists_) {
      for (const Statement& line : statement->children) check_line(line, *list);
    }
  }

 private:
  void find_lists(const std::vector<Statement>& statements) {
    for (const Statement& statement : statements) {
      const Block block = statement.keyword->opens;
      for (const NameList& list : kLists) {
        if (list.block == block) lists_.emplace_back(&statement, &list);
        if (list.defined == block && block != Block::kNone) {
          add(list.kind, statement.words.size() > 1 ? std::string_view(statement.words[1].text)
                                                    : std::string_view{});
        }
      }
      find_lists(statement.children);
    }
  }

  void add(std::string_view kind, std::string_view name) { names_[kind].push_back(name); }

  void check_line(const Statement& line, const NameList& list) {
    const size_t named = list.has_many ? line.words.size() : 1;
    for (size_t i = 0; i < named; ++i) {
      if (!line.words[i].broken) check_name(line.words[i], list.kind);
    }
  }

  void check_name(const Word& word, std::string_view kind) {
    auto& known = names_[kind];
    if (sorted_.insert(kind).second) std::ranges::sort(known);
    // An empty one has been reported: perhaps it is the one that is meant.
    const bool lost = !known.empty() && known.front().empty();
    if (lost || std::ranges::binary_search(known, word.text)) return;
    Diagnostic& diagnostic =
        diagnostics_.report<kUndefinedName>(word.place, kind, in_backticks(word.text));
    if (known.size() > kSearchedMax || searches_++ >= kSearchesMax) return;
    const auto similar = most_similar(word.text, known);
    diagnostic.help(similar.empty() ? "define it, or remove the name"
                                    : fmt::format("did you mean {}?", in_backticks(similar)));
  }

  const Model& model_;
  Diagnostics& diagnostics_;
  std::vector<std::pair<const Statement*, const NameList*>> lists_;
  std::map<std::string_view, std::vector<std::string_view>> names_;  // of each kind
  std::set<std::string_view> sorted_;                                // kinds
  size_t searches_ = 0;
};

}  // namespace

void check_names_in_lists(const Model& model, Diagnostics& diagnostics) {
  NameChecker(model, diagnostics).run();
}

}  // namespace holdfast::config
