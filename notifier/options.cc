#include "notifier/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <utility>

#include "common/users.h"

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
  app.add_option("--runners", options.runners,
                 "the directory of runner.USER.sock, for scripts of other users")
      ->default_val("/run/holdfast");
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    std::exit(app.exit(help));  // NOLINT(concurrency-mt-unsafe): there is one thread
  } catch (const CLI::ParseError& error) {
    return failure(fmt::format("{}: see --help", error.what()));
  }
  const auto user = user_id(engine_user);
  if (!user) return failure("--engine-user: " + user.error().text);
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
