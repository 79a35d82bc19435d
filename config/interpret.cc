#include "config/interpret.h"

#include <algorithm>
#include <array>

#include "config/arguments.h"
#include "config/catalogue.h"
#include "config/rows.h"

namespace holdfast::config {
namespace {

// What is asked for once all has been read, with the blocks that these open.
constexpr std::array<std::string_view, 13> kKept = {
    "bfd_instance", "notification_email", "script_user",       "smtp_server", "track_bfd",
    "track_file",   "track_group",        "track_process",     "vrrp_strict", "vrrp_sync_group",
    "vrrp_version", "vrrp_track_file",    "vrrp_track_process"};

bool is_kept(const Keyword& keyword) {
  // A group is kept with all that stands in it.
  return keyword.where != Block::kSyncGroup &&
         std::ranges::find(kKept, keyword.name) != kKept.end();
}

// Other languages end a line, or part values, with these. Where the value is a word like any other,
// nothing else would tell.
void report_signs(const Statement& statement, Diagnostics& diagnostics) {
  const Keyword& keyword = *statement.keyword;
  const auto is_free = [&](size_t index) {
    const Argument* argument = index < keyword.takes.size() ? &keyword.takes[index] : nullptr;
    const bool is_mail = keyword.where == Block::kMailAddresses;
    return is_mail || (argument != nullptr && (argument->kind == Argument::Kind::kWord ||
                                               argument->kind == Argument::Kind::kPath));
  };
  const size_t first = keyword.name.empty() ? 0 : 1;
  for (size_t i = first; i < statement.words.size(); ++i) {
    const Word& word = statement.words[i];
    const bool has_sign = word.text.ends_with(';') || word.text.ends_with(',');
    if (!has_sign || !word.bare || !is_free(i - first)) continue;
    const std::string name = keyword.name.empty() ? "this line" : in_backticks(keyword.name);
    diagnostics.report<kSignBehindWord>(word.place, word.text.back(), name)
        .note("a line ends without a sign, and blanks part its words")
        .help("remove it, or put the value in double quotes if it is meant");
  }
}

// A keyword that stood in a wrong block is what the right one lacks.
void excuse_in(std::vector<Statement>& statements, const std::vector<std::string>& misplaced,
               const Grammar& grammar) {
  for (Statement& statement : statements) {
    const Block block = statement.keyword->opens;
    if (block == Block::kNone) continue;
    for (const std::string& name : misplaced) {
      const auto names_it = [&](const Statement& child) { return child.keyword->name == name; };
      const bool has_it = std::ranges::any_of(statement.children, names_it);
      if (!has_it && grammar.find(block, name) != nullptr) statement.unclosed = true;
    }
    excuse_in(statement.children, misplaced, grammar);
  }
}

}  // namespace

Interpreter::Interpreter(Model& model, Diagnostics& diagnostics)
    : model_(model), diagnostics_(diagnostics) {
  model_.statements = &kept_;
}

// Recursion is bounded: the parser nests kNestingMax deep at most.
void Interpreter::read(const Statement& statement, Seen& seen) {
  const Keyword& keyword = *statement.keyword;
  const auto before = std::ranges::find(seen, &keyword, &Seen::value_type::first);
  if (before == seen.end()) {
    seen.emplace_back(&keyword, statement.place());
  } else if (!keyword.repeats) {
    diagnostics_.report<kRepeated>(statement.place(), in_backticks(keyword.name))
        .also(before->second, "first set here");
  }
  if (is_kept(keyword)) kept_.push_back(statement);
  const size_t told_before = diagnostics_.all().size();
  auto [values, ok] = read_arguments(statement, diagnostics_);
  // What opens a block is there even if its name is wrong: the lines inside need a home.
  // Lints want to know some of what is not supported, too.
  const bool counts = !statement.silent || keyword.support != Support::kYes;
  if (keyword.apply != nullptr && counts && (ok || keyword.opens != Block::kNone)) {
    Call call{model_, diagnostics_, statement, std::move(values)};
    keyword.apply(call);
  }
  // One message is enough for a line.
  if (diagnostics_.all().size() == told_before) report_signs(statement, diagnostics_);
  Seen inside;
  for (const Statement& child : statement.children) read(child, inside);
}

void Interpreter::excuse(const std::vector<std::string>& misplaced, const Grammar& grammar) {
  if (misplaced.empty()) return;
  excuse_in(kept_, misplaced, grammar);
  const auto excuse_of = [&](Block block, const Contents*& contents) {
    if (contents == nullptr) return;
    Contents all = *contents;
    for (const std::string& name : misplaced) {
      if (lacks(contents, name) && grammar.find(block, name) != nullptr) {
        all.push_back(grammar.find(block, name));
      }
    }
    if (all.size() == contents->size()) return;
    std::ranges::sort(all);
    contents = &*model_.contents.insert(std::move(all)).first;
  };
  for (Script& script : model_.scripts) excuse_of(Block::kScript, script.contents);
  for (Instance& instance : model_.instances) {
    excuse_of(Block::kInstance, instance.contents);
    excuse_of(Block::kAuthentication, instance.authentication.contents);
  }
}

std::vector<const Statement*> statements_named(const std::vector<Statement>& statements,
                                               std::string_view keyword) {
  std::vector<const Statement*> found;
  for (const Statement& statement : statements) {
    if (statement.keyword->name == keyword) found.push_back(&statement);
    const auto inside = statements_named(statement.children, keyword);
    found.insert(found.end(), inside.begin(), inside.end());
  }
  return found;
}

const Contents* contents_of(const Call& call) {
  if (call.statement.unclosed) return nullptr;
  Contents contents;
  for (const Statement& child : call.statement.children) {
    const bool holds_nothing =
        child.keyword->opens != Block::kNone && child.children.empty() && !child.unclosed;
    if (!holds_nothing) contents.push_back(child.keyword);
  }
  std::ranges::sort(contents);
  const auto repeated = std::ranges::unique(contents);
  contents.erase(repeated.begin(), repeated.end());
  return &*call.model.contents.insert(std::move(contents)).first;
}

void set_name(Setting<std::string>& name, const Call& call) {
  set(name, call.value());
  if (!name.place) name.place = call.statement.place();
}

bool lacks(const Contents* block, std::string_view keyword) {
  return block != nullptr && std::ranges::find(*block, keyword, &Keyword::name) == block->end();
}

}  // namespace holdfast::config
