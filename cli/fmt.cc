// `holdfast fmt`: a configuration in the one layout.
#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "cli/input.h"
#include "cli/replacement.h"
#include "cli/subcommand.h"
#include "config/format.h"

namespace holdfast::cli {
namespace {

struct Options {
  std::string file;
  bool check = false;
  bool in_place = false;
};

int complain(const std::string& text) {
  fmt::print(stderr, "holdfast fmt: {}\n", text);
  return kExitUsage;
}

int print(const std::string& text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  return written && std::fflush(stdout) == 0 ? kExitSuccess
                                             : complain(system_failure("write").error().text);
}

int run(const Options& options) {
  std::optional<Replacement> replacement;
  Result<Input> input;
  if (options.in_place && options.file == "-") return complain("standard input has no place");
  if (options.in_place) {
    auto opened = Replacement::open(options.file);
    if (!opened) return complain(opened.error().text);
    replacement.emplace(std::move(*opened));
    input = Input{.name = options.file, .fd = std::move(replacement->content())};
  } else {
    input = open_input(options.file);
  }
  if (!input) return complain(input.error().text);
  if (auto confined = confine_compiler(); !confined) return complain(confined.error().text);
  const auto text = read_input(*input);
  if (!text) return complain(text.error().text);
  const auto formatted = config::format(*text, input->name);
  if (!formatted.text) {
    fmt::print(stderr, "{}", formatted.report);
    return kExitFailure;
  }
  if (options.check) return *formatted.text == *text ? kExitSuccess : kExitFailure;
  if (!replacement) return print(*formatted.text);
  if (*formatted.text == *text) return kExitSuccess;
  const auto committed = replacement->commit(*formatted.text);
  return committed ? kExitSuccess : complain(committed.error().text);
}

}  // namespace

void add_fmt(CLI::App& app, int& exit_status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("fmt", "print a configuration in one layout");
  command->add_option("FILE", options->file, "the configuration; - for standard input")->required();
  auto* check =
      command->add_flag("--check", options->check, "print nothing: only say by exit status");
  command->add_flag("-i,--in-place", options->in_place, "change the file itself")->excludes(check);
  command->footer(
      "Its meaning stays, and so do comments and all that stands in quotes.\n"
      "Exit status: 0 done (with --check: nothing to do), 1 its braces or quotes do not match "
      "(with --check: or it would change), 2 it cannot be read or written, or usage.");
  command->callback([options, &exit_status] { exit_status = run(*options); });
}

}  // namespace holdfast::cli
