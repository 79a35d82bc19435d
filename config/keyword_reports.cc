#include "config/keyword_reports.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <ranges>

#include "config/catalogue.h"
#include "config/leftovers.h"

namespace holdfast::config {
namespace {

// Words that are compared to all keywords. A megabyte of nonsense is not worth the search.
constexpr size_t kSearchesMax = 200;
constexpr size_t kMisplacedMax = 16;
// More of these messages would bury the others.
constexpr size_t kServersTold = 100;

std::string names_of(std::span<const Block> blocks) {
  constexpr size_t kNamed = 3;
  std::vector<std::string_view> names;
  for (const Block block : blocks) names.push_back(info(block).name);
  if (names.size() == 1) return std::string(names.front());
  if (names.size() > kNamed)
    return fmt::format("{} or others", fmt::join(names | std::views::take(kNamed), ", "));
  const std::string_view last = names.back();
  names.pop_back();
  return fmt::format("{} or {}", fmt::join(names, ", "), last);
}

bool is_short_form(std::string_view word, std::string_view name) {
  for (const char c : word) {
    const size_t at = name.find(c);
    if (at == name.npos) return false;
    name.remove_prefix(at + 1);
  }
  return word.size() > 1;
}

// Whether the word may stand for what a block must have: `iface`, `vrid`, `dev`. Of other blocks
// than vrrp_instance nobody knows.
bool may_be_needed(Block block, std::string_view word) {
  constexpr auto kNeeded = std::to_array<std::string_view>(
      {"interface", "virtual_router_id", "virtual_ipaddress", "device", "nic"});
  return block != Block::kInstance || std::ranges::any_of(kNeeded, [&](std::string_view name) {
           return is_short_form(word, name);
         });
}

std::vector<std::string_view> texts_of(const Statement& statement) {
  std::vector<std::string_view> texts;
  for (const Word& word : statement.words) texts.push_back(word.text);
  return texts;
}

}  // namespace

Diagnostic& KeywordReports::report_word(Place place, std::string_view word, Block block) {
  const std::string name = in_backticks(word);
  return lenient_ ? diagnostics_.report<kUnknownSkipped>(place, name, info(block).name)
                  : diagnostics_.report<kUnknownKeyword>(place, name, info(block).name);
}

Diagnostic& KeywordReports::report_misplaced(Place place, std::string_view word, Block block) {
  const std::string name = in_backticks(word);
  return lenient_ ? diagnostics_.report<kMisplacedSkipped>(place, name, info(block).name)
                  : diagnostics_.report<kMisplacedKeyword>(place, name, info(block).name);
}

void KeywordReports::mark_incomplete(Frame& in) const {
  if (!lenient_) in.statement.unclosed = true;
}

bool KeywordReports::report_support(const Keyword& keyword, Place place, Frame& in) {
  if (keyword.support == Support::kYes) return false;
  const bool wrong = !keyword.instead.empty();
  if (in.silent && !wrong) return false;
  // Each of these has its own message, see report_not_balanced().
  if (keyword.opens == Block::kVirtualServer) return false;
  // A hundred blocks of one kind are one thing to learn, and would bury the others.
  const bool is_root_block = keyword.where == Block::kRoot && keyword.opens != Block::kNone;
  if (is_root_block && !wrong && !told_blocks_.insert(keyword.name).second) return false;
  if (!keyword.topic.empty() && !in.told_topics.insert(keyword.topic).second) return false;
  const std::string name = in_backticks(keyword.name);
  const bool is_error = keyword.ignoring == Severity::kError;
  Diagnostic& diagnostic = wrong && is_error ? diagnostics_.report<kForeign>(place, name)
                           : wrong           ? diagnostics_.report<kObsolete>(place, name)
                           : is_error        ? diagnostics_.report<kUnsupported>(place, name)
                           : keyword.ignoring == Severity::kWarning
                               ? diagnostics_.report<kHasNoUse>(place, name)
                               : diagnostics_.report<kMeansNothing>(place, name);
  diagnostic.note(std::string(keyword.why));
  if (wrong) diagnostic.help(std::string(keyword.instead));
  if (!keyword.new_name.empty()) {
    diagnostic.help(fmt::format("its name is {} now", in_backticks(keyword.new_name)));
  }
  return true;
}

void KeywordReports::report_not_balanced(const Statement& statement, Place place) {
  if (servers_++ >= kServersTold) return;
  Diagnostic& diagnostic = diagnostics_.report<kNotBalanced>(
      place, in_backticks(fmt::format("{}", fmt::join(texts_of(statement), " "))));
  diagnostic.note("IPVS is not set up: its real servers get no connections and are not checked")
      .help(std::string(statement.keyword->why));
  if (servers_ == kServersTold) diagnostic.note("the same is true of each that follows");
}

const Keyword* KeywordReports::report_unknown(const Piece& piece, Place place,
                                              const std::string& word, bool brace_next, Frame& in) {
  const Block block = in.block;
  const auto places = grammar_.places_of(word);
  if (!places.empty()) {
    const bool is_new = std::ranges::find(misplaced_, word) == misplaced_.end();
    if (is_new && misplaced_.size() < kMisplacedMax) misplaced_.push_back(word);
    Diagnostic& diagnostic = report_misplaced(place, word, in.block);
    const std::string name = name_here(block, word, places.front());
    if (!name.empty()) {
      diagnostic.help(fmt::format("its name here is {}", in_backticks(name)));
    } else {
      diagnostic.help(fmt::format("it belongs into {}", names_of(places)));
    }
    return nullptr;
  }
  if (report_mistyped(piece, place, word, in) || is_lost_id(place, word, in)) return nullptr;
  const bool searches = searches_++ < kSearchesMax;
  const std::string_view similar = searches ? grammar_.similar(block, word) : std::string_view{};
  Diagnostic& diagnostic = report_word(place, word, in.block);
  if (similar.empty()) {
    if (searches) suggest_from_elsewhere(word, diagnostic);
    // Perhaps this is what the block lacks.
    if (may_be_needed(block, word)) mark_incomplete(in);
    return nullptr;
  }
  diagnostic.help(fmt::format("did you mean {}?", in_backticks(similar)));
  if (lenient_) return nullptr;
  const Keyword* meant = grammar_.find(block, similar);
  const bool fits = (meant->opens != Block::kNone) == brace_next;
  return fits ? meant : nullptr;
}

bool KeywordReports::report_mistyped(const Piece& piece, Place place, const std::string& word,
                                     Frame& in) {
  std::string meant;
  auto words = first_words(piece, 2);
  const size_t sign = word.find_first_of("=:");
  if (sign != word.npos && grammar_.find(in.block, word.substr(0, sign)) != nullptr) {
    if (sign + 1 < words[0].size()) meant = words[0].replace(sign, 1, " ");
  } else if (words.size() > 1) {
    for (const std::string_view between : {"_", ""}) {
      const std::string joined = words[0] + std::string(between) + words[1];
      if (meant.empty() && grammar_.find(in.block, joined) != nullptr) meant = joined;
    }
  }
  if (meant.empty()) return false;
  if (may_be_needed(in.block, meant.substr(0, meant.find(' ')))) mark_incomplete(in);
  report_word(place, word, in.block).help(fmt::format("did you mean {}?", in_backticks(meant)));
  return true;
}

// What the same thing is called in this block; empty: there is none.
std::string KeywordReports::name_here(Block block, const std::string& word, Block elsewhere) const {
  const std::string_view new_name = grammar_.find(elsewhere, word)->new_name;
  if (!new_name.empty() && grammar_.find(block, new_name) != nullptr) {
    return std::string(new_name);
  }
  std::string global = "vrrp_" + word;
  return grammar_.find(block, global) != nullptr ? global : "";
}

// `@^ ID KEYWORD`: the id that the condition lacks stands where a keyword should.
bool KeywordReports::is_lost_id(Place place, const std::string& word, Frame& in) {
  if (diagnostics_.all().empty()) return false;
  const Diagnostic& last = diagnostics_.all().back();
  const bool is_condition = last.finding.id == kNoConditionId.id && last.place.file == place.file &&
                            last.place.line == place.line &&
                            last.place.expansion == place.expansion;
  if (!is_condition) return false;
  const Place condition = last.place;
  diagnostics_.remove_if([&](const Diagnostic& one) { return &one == &last; });
  report_word(place, word, in.block)
      .also(condition, "this condition names no id, so the line is always kept")
      .help(fmt::format("write {}: the id stands directly behind the sign",
                        in_backticks("@^" + word)));
  mark_incomplete(in);
  return true;
}

void KeywordReports::suggest_from_elsewhere(const std::string& word, Diagnostic& diagnostic) const {
  const std::string_view similar = grammar_.similar_anywhere(word);
  if (similar.empty()) return;
  diagnostic.help(fmt::format("did you mean {}, which belongs into {}?", in_backticks(similar),
                              info(grammar_.places_of(similar).front()).name));
}

}  // namespace holdfast::config
