// The keyword table: one declaration for each keyword of keepalived.conf.
//
// A row says where the keyword stands, what it takes, what it defaults to, what it means, and how
// it changes the model. Parsing, checking of arguments and messages are generic.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostics.h"
#include "config/lexer.h"
#include "config/model.h"

namespace holdfast::config {

enum class Block : uint8_t {
  kNone,
  kUnknown,  // the block of a keyword that cannot be used: nothing in it is looked at
  kRoot,
  kGlobalDefs,
  kMailAddresses,
  kScript,
  kInstance,
  kAuthentication,
  kAddresses,
  kExcludedAddresses,
  kTrackedScripts,
};

struct BlockInfo {
  std::string_view name;  // as messages call it
  bool is_list = false;   // its lines are items, not keywords
};
BlockInfo info(Block block);

struct Argument {
  enum class Kind : uint8_t {
    kNumber,
    kTime,
    kSwitch,
    kWord,
    kAddress,
    kInterface,
    kCommand,
    kRest
  };
  Kind kind = Kind::kWord;
  std::string_view what = "a value";  // "needs WHAT"
  int64_t least = 0;                  // kNumber; microseconds for kTime
  int64_t most = 0;
  bool optional = false;
};

// One argument, read. `words` holds what kRest and items take.
struct Value {
  Place place;
  int64_t number = 0;
  Micros time{};
  bool on = false;
  std::string text;
  Ipv4 address;
  Command command;
};

struct Keyword;

struct Statement {
  const Keyword* keyword = nullptr;
  std::vector<Word> words;  // words[0] is the keyword itself, or the first word of an item
  bool has_block = false;
  bool cut_by_comment = false;
  bool unclosed = false;  // reported: what it lacks may stand further on, or was never written
  std::vector<Statement> children;

  Place place() const { return words.front().place; }
};

// What a row's function works on.
struct Call {
  Model& model;
  Diagnostics& diagnostics;
  const Statement& statement;
  std::vector<Value> values;

  Global& global() const { return model.global; }
  Script& script() const { return model.scripts.back(); }
  Instance& instance() const { return model.instances.back(); }
  const Value& value(size_t index = 0) const { return values[index]; }
};

enum class Support : uint8_t { kYes, kNotYet, kNever };

struct Keyword {
  std::string_view name{};  // empty: an item of a list
  Block where = Block::kRoot;
  std::vector<Argument> takes{};
  std::string_view otherwise{};  // the default, for people
  std::string_view doc{};
  Block opens = Block::kNone;
  Support support = Support::kYes;
  // What using it comes to if it is not supported. An error where ignoring it would change who
  // holds an address, a warning where something else does not happen, a note where it means nothing
  // here or is so anyway.
  Severity ignoring = Severity::kError;
  std::string_view why{};      // for every support but kYes
  std::string_view instead{};  // obsolete: the keyword that replaced it, or what to do
  bool repeats = false;        // may stand several times in one block
  void (*apply)(Call&) = nullptr;
};

std::vector<Keyword> global_keywords();
std::vector<Keyword> script_keywords();
std::vector<Keyword> instance_keywords();

// Rows of the table, found by block and name.
class Grammar {
 public:
  Grammar();

  const Keyword* find(Block block, std::string_view name) const;
  // The blocks in which the keyword may stand.
  std::vector<Block> places_of(std::string_view name) const;
  // The most similar keyword of the block, if it is similar enough to be meant.
  std::string_view similar(Block block, std::string_view name) const;
  // The same of all blocks.
  std::string_view similar_anywhere(std::string_view name) const;
  std::span<const Keyword> rows() const { return rows_; }

 private:
  std::vector<Keyword> rows_;  // by block, then name
};

// The most similar word within a third of its length in edits; empty: none.
std::string_view most_similar(std::string_view word, std::span<const std::string_view> known);

}  // namespace holdfast::config
