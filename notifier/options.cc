#include "notifier/options.h"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdlib>
#include <vector>

namespace holdfast::notifier {
namespace {

// systemd lists several directories with colons between them: the first is ours.
std::string state_directory_of_environment() {
  // Read once, before there is a second thread.
  const char* list = std::getenv("STATE_DIRECTORY");  // NOLINT(concurrency-mt-unsafe)
  if (list == nullptr) return {};
  const std::string directories = list;
  return directories.substr(0, directories.find(':'));
}

}  // namespace

Result<uid_t> user_id(const std::string& user) {
  uid_t number = 0;
  const char* end = user.data() + user.size();
  const auto parsed = std::from_chars(user.data(), end, number);
  if (parsed.ec == std::errc{} && parsed.ptr == end) return number;
  passwd entry{};
  passwd* found = nullptr;
  std::vector<char> buffer(16384);
  if (::getpwnam_r(user.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 ||
      found == nullptr) {
    return failure(fmt::format("--engine-user: there is no user `{}`", user));
  }
  return found->pw_uid;
}

Result<Options> parse_options(int argc, char** argv) {
  Options options;
  std::string engine_user;
  CLI::App app(
      "Runs holdfast's notification scripts and sends its mail. Started by systemd or "
      "`holdfast run`.",
      "notifier");
  app.add_option("--config", options.config, "the compiled configuration, notifier.pb")->required();
  app.add_option("--engine-user", engine_user, "user id or name that may connect to events.sock")
      ->required();
  app.add_option("--state-directory", options.state_directory,
                 "where undelivered mail is kept (STATE_DIRECTORY of the environment wins)");
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    std::exit(app.exit(help));  // NOLINT(concurrency-mt-unsafe): there is one thread
  } catch (const CLI::ParseError& error) {
    return failure(fmt::format("{}: see --help", error.what()));
  }
  const auto user = user_id(engine_user);
  if (!user) return std::unexpected(user.error());
  options.engine_user = *user;
  if (const std::string given = state_directory_of_environment(); !given.empty()) {
    options.state_directory = given;
  }
  if (options.state_directory.empty()) {
    return failure("no place for undelivered mail: set STATE_DIRECTORY or --state-directory");
  }
  return options;
}

}  // namespace holdfast::notifier
