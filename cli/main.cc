// The operator's command.
#include "cli/subcommand.h"
#include "common/log.h"

namespace holdfast::cli {
namespace {

constexpr AddSubcommand kSubcommands[] = {
    add_audit, add_check, add_compile,     add_diff,   add_explain,
    add_fmt,   add_run,   add_maintenance, add_status,
};

int run(int argc, char** argv) {
  CLI::App app("Keeps service addresses alive on a network (VRRP)", "holdfast");
  app.require_subcommand(1);
  int exit_status = kExitSuccess;
  for (const AddSubcommand add : kSubcommands) add(app, exit_status);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitSuccess : kExitUsage;
  }
  return exit_status;
}

}  // namespace
}  // namespace holdfast::cli

int main(int argc, char** argv) {
  holdfast::log::open("holdfast");
  return holdfast::cli::run(argc, argv);
}
