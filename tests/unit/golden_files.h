// The file system of the goldens: tests/diagnostics/scripts stands for /etc/keepalived.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <optional>
#include <string>

#include "config/compile.h"
#include "source_tree.h"

namespace holdfast::config {

inline constexpr std::string_view kGoldenScripts = "/etc/keepalived/";

inline std::filesystem::path golden_script(const std::string& path) {
  return source_tree() / "tests/diagnostics/scripts" / path.substr(kGoldenScripts.size());
}

inline std::optional<std::string> read_golden_script(const std::string& path, size_t most) {
  if (!path.starts_with(kGoldenScripts) || !std::filesystem::exists(golden_script(path))) {
    return std::nullopt;
  }
  std::string text = read_source(golden_script(path));
  if (text.size() > most) return std::nullopt;
  return text;
}

inline FileStatus stat_golden_script(const std::string& path) {
  using Kind = FileStatus::Kind;
  static const std::map<std::string, uint32_t> kModes = {
      {"not_executable.sh", 0644}, {"for_root_alone.sh", 0700}, {"writable.sh", 0777}};
  const std::string name = std::filesystem::path(path).filename();
  if (path == "/" || path == "/etc" || path == "/etc/keepalived" || name == "a_directory") {
    return {.kind = Kind::kDirectory, .mode = 0755};
  }
  if (name.starts_with("missing")) return {.kind = Kind::kMissing};
  if (!path.starts_with(kGoldenScripts) || !std::filesystem::exists(golden_script(path))) return {};
  const auto mode = kModes.find(name);
  return {.kind = Kind::kRegular, .mode = mode == kModes.end() ? 0755 : mode->second};
}

inline std::optional<Account> find_golden_account(const std::string& user) {
  static const std::map<std::string, Account> kAccounts = {
      {"root", {"root", 0, 0, {0}, "/root"}},
      {"toor", {"toor", 0, 0, {0}, "/root"}},
      {"nobody", {"nobody", 65534, 65534, {65534}, "/nonexistent"}},
      {"app", {"app", 1000, 1000, {1000, 33}, "/home/app"}},
      {"www", {"www", 33, 33, {33}, "/var/www"}}};
  const auto found = kAccounts.find(user);
  return found == kAccounts.end() ? std::nullopt : std::optional(found->second);
}

inline std::optional<uint32_t> find_golden_group(const std::string& group) {
  static const std::map<std::string, uint32_t> kGroups = {
      {"root", 0}, {"nogroup", 65534}, {"app", 1000}, {"www-data", 33}};
  const auto found = kGroups.find(group);
  return found == kGroups.end() ? std::nullopt : std::optional(found->second);
}

inline CompileOptions golden_options() {
  CompileOptions options;
  options.find_account = find_golden_account;
  options.find_group = find_golden_group;
  options.read_script = read_golden_script;
  options.stat_file = stat_golden_script;
  return options;
}

// Compares; with HOLDFAST_WRITE_GOLDENS in the environment, what differs is written anew.
inline void expect_as_agreed(const std::filesystem::path& golden, const std::string& text) {
  const auto path = source_tree() / golden;
  EXPECT_TRUE(std::filesystem::exists(path)) << golden << " is missing";
  const std::string agreed = read_source(golden);
  EXPECT_EQ(text, agreed) << golden;
  const bool writes =
      std::getenv("HOLDFAST_WRITE_GOLDENS") != nullptr;  // NOLINT(concurrency-mt-unsafe)
  if (writes && text != agreed) std::ofstream(path, std::ios::binary) << text;
}

}  // namespace holdfast::config
