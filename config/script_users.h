// As whom scripts run: `script_user` and the users that scripts and notify commands name.
//
// A user of their own is served by that user's runner; all else runs as the user of the process
// that starts it. Root's runner is there only where the administrator has enabled it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::config {

struct Account {
  std::string name;
  uint32_t uid = 0;
  uint32_t gid = 0;
  std::vector<uint32_t> groups;
  std::string home;
};
using FindAccount = std::function<std::optional<Account>(const std::string& user)>;
using FindGroup = std::function<std::optional<uint32_t>(const std::string& group)>;

// Whom runners can be started as.
enum class ScriptUsers : uint8_t { kNone, kNamed, kAll };  // kAll: root, too

constexpr size_t kRunnersMax = 16;

struct CompileOptions;

struct ScriptUser {
  enum class Obstacle : uint8_t {
    kNone,       // by the runner of `account`
    kNotNamed,   // as the service's own user, like all that follow
    kNoRunners,  // ScriptUsers::kNone
    kUnfit,      // a number, or not the name of a user
    kMissing,
    kNotEnabled,  // root, where nobody has enabled its runner
    kOwn,         // the user of one of our processes
  };
  Obstacle obstacle = Obstacle::kNotNamed;
  Account account;

  bool has_runner() const { return obstacle == Obstacle::kNone; }
};

// Empty: nobody is named. Without `find_account` in the options every name is a user's.
ScriptUser find_script_user(const std::string& name, const CompileOptions& options);

}  // namespace holdfast::config
