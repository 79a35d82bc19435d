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
  kTrackedInterfaces,
  kTrackedFiles,
  kTrackedProcesses,
  kTrackedBfds,
  kUnicastPeers,
  kSignature,
  kVirtualRoutes,
  kVirtualRules,
  kSyncGroup,
  kSyncMembers,
  kTrackProcess,
  kTrackFile,
  kTrackGroup,
  kTrackGroupMembers,
  kStaticAddresses,
  kStaticRoutes,
  kStaticRules,
  kLinkPolling,
  kLinkDelays,
  kGarpGroup,
  kGarpInterfaces,
  kBfd,
  kVirtualServerGroup,
  kVirtualServer,
  kRealServer,
  kTcpCheck,
  kPingCheck,
  kHttpCheck,
  kHttpsCheck,
  kUrl,
  kSmtpCheck,
  kSmtpHost,
  kDnsCheck,
  kUdpCheck,
  kMiscCheck,
  kBfdCheck,
  kFileCheck,
  kClientTls,
};

struct BlockInfo {
  std::string_view name;  // as messages call it
  bool is_list = false;   // its lines are items, not keywords
};
BlockInfo info(Block block);

enum class Support : uint8_t { kYes, kNotYet, kNever };

struct Options;

struct Argument {
  enum class Kind : uint8_t {
    kNone,
    kNumber,
    kTime,
    kSwitch,
    kWord,
    kChoice,
    kAddress,     // IPv4
    kAddress6,    // IPv6
    kAnyAddress,  // either
    kNetwork,     // either, or a word like `default`, with a prefix length or mask
    kRange,       // an address, -N behind it
    kHost,        // an address or a name
    kInterface,
    kPath,
    kHex,
    kMac,
    kUser,
    kCommand,
    kOptions,
    kRest
  };
  Kind kind = Kind::kNone;
  std::string_view what = "a value";  // "needs WHAT"
  int64_t least = 0;                  // kNumber; microseconds for kTime; bytes for kHex
  int64_t most = 0;
  bool optional = false;
  bool many = false;         // this one, and all that follow
  bool escaped = false;      // the line is one of tokenizer B; kCommand always is
  std::string_view shown{};  // in a line of syntax; empty: made from `what`
  std::span<const std::string_view> choices{};  // kChoice, to the letter
  const Options* options = nullptr;             // kOptions
};

// A word that may stand among others in any order, with what it takes: `dev eth0`.
struct Option {
  std::string_view name;  // empty: any word that is no option's name, once
  Argument first{};
  Argument second{};
  Support support = Support::kYes;
  std::string_view why{};  // for every support but kYes
  Severity ignoring = Severity::kError;
};

struct Options {
  std::string_view of;  // "unknown option X of OF"
  std::span<const Option> list;
};

struct FoundOption;

// One argument, read. The words of kRest and of items are those of the statement.
struct Value {
  Place place;
  int64_t number = 0;
  Micros time{};
  bool on = false;
  std::string text;
  Ipv4 address;
  Command command;
  RunAs run_as;  // behind a command
  std::vector<FoundOption> options;
};

struct FoundOption {
  const Option* option = nullptr;
  Place place;
  std::vector<Value> values;
};

struct Keyword;

struct Statement {
  const Keyword* keyword = nullptr;
  std::vector<Word> words;  // words[0] is the keyword itself, or the first word of an item
  bool has_block = false;
  bool cut_by_comment = false;
  bool unclosed = false;  // reported: what it lacks may stand further on, or was never written
  bool silent = false;    // not supported, or inside of what is not: only its mistakes are told
  bool told = false;      // of these that it is not supported has been said
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

struct Keyword {
  std::string_view name{};  // empty: an item of a list
  Block where = Block::kRoot;
  std::vector<Argument> takes{};
  std::string_view otherwise{};  // the default: a value of the first argument, or several words
  std::string_view doc{};
  std::string_view into{};  // what it compiles into: "engine.pb routers.priority"
  std::string_view example{};
  Block opens = Block::kNone;
  Support support = Support::kYes;
  // What using it comes to if it is not supported. An error where ignoring it would change who
  // holds an address, a warning where something else does not happen, a note where it means nothing
  // here or is so anyway.
  Severity ignoring = Severity::kError;
  std::string_view why{};       // for every support but kYes
  std::string_view topic{};     // of several in a block that share one the first is told
  std::string_view instead{};   // obsolete or foreign: what replaced it, or what to do
  std::string_view new_name{};  // an old name, which means the same
  bool repeats = false;         // may stand several times in one block
  void (*apply)(Call&) = nullptr;
};

// All rows, in the order in which a person would want to read of them.
std::vector<Keyword> all_keywords();

// Rows of the table, found by block and name.
class Grammar {
 public:
  Grammar();
  Grammar(const Grammar&) = delete;
  Grammar& operator=(const Grammar&) = delete;

  const Keyword* find(Block block, std::string_view name) const;
  // The blocks in which the keyword may stand.
  std::vector<Block> places_of(std::string_view name) const;
  // The most similar keyword of the block, if it is similar enough to be meant.
  std::string_view similar(Block block, std::string_view name) const;
  // The same of all blocks.
  std::string_view similar_anywhere(std::string_view name) const;
  std::span<const Keyword> rows() const { return rows_; }

 private:
  std::vector<Keyword> rows_;            // by block, then name
  std::vector<const Keyword*> by_name_;  // those that have one; then by block
};

// "interval SECONDS", "ADDRESS[/LENGTH] [dev INTERFACE]"; ends with " {" for a block.
std::string syntax(const Keyword& keyword);
// "1 to 255" for the first argument that has bounds; empty: none has.
std::string range_text(const Keyword& keyword);

// The most similar word within a third of its length in edits; empty: none.
std::string_view most_similar(std::string_view word, std::span<const std::string_view> known);

}  // namespace holdfast::config
