#include "config/script_users.h"

#include "common/runner_user.h"
#include "config/compile.h"

namespace holdfast::config {
namespace {

constexpr std::string_view kRoot = "root";
constexpr std::string_view kOwnPrefix = "holdfast-";

std::optional<Account> account_of(const std::string& name, const CompileOptions& options) {
  if (options.find_account) return options.find_account(name);
  constexpr uint32_t kSomebody = 65534;
  const uint32_t id = name == kRoot ? 0 : kSomebody;
  return Account{.name = name, .uid = id, .gid = id, .groups = {id}, .home = "/"};
}

}  // namespace

ScriptUser find_script_user(const std::string& name, const CompileOptions& options) {
  using Obstacle = ScriptUser::Obstacle;
  ScriptUser result;
  if (name.empty()) return result;
  const auto stop = [&result](Obstacle obstacle) {
    result.obstacle = obstacle;
    return result;
  };
  if (options.script_users == ScriptUsers::kNone) return stop(Obstacle::kNoRunners);
  if (!is_runner_user(name)) return stop(Obstacle::kUnfit);
  if (name.starts_with(kOwnPrefix)) return stop(Obstacle::kOwn);
  const auto account = account_of(name, options);
  if (!account) return stop(Obstacle::kMissing);
  result.account = *account;
  // Whatever it is called: one unit and one decision of the administrator's are for it.
  if (account->uid == 0) result.account.name = kRoot;
  if (account->uid == 0 && options.script_users != ScriptUsers::kAll) {
    return stop(Obstacle::kNotEnabled);
  }
  return stop(Obstacle::kNone);
}

}  // namespace holdfast::config
