// `holdfast diff`: what a reload would do.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/input.h"
#include "cli/subcommand.h"
#include "common/compiled_file.h"
#include "config/difference.h"

namespace holdfast::cli {
namespace {

constexpr std::array<const char*, 4> kFiles = {"engine.pb", "net.pb", "checker.pb", "notifier.pb"};

struct Options {
  std::array<std::string, 2> sides;
  ReportOptions report;
};

// One side: a text, or the four files of a directory.
struct Side {
  std::vector<Input> inputs;
  bool compiled = false;
};

int complain(const std::string& text) {
  fmt::print(stderr, "holdfast diff: {}\n", text);
  return kExitUsage;
}

bool is_directory(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

Result<Side> open_side(const std::string& path) {
  Side side{.inputs = {}, .compiled = path != "-" && is_directory(path)};
  if (!side.compiled) {
    auto input = open_input(path);
    if (!input) return std::unexpected(input.error());
    side.inputs.push_back(std::move(*input));
    return side;
  }
  const UniqueFd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return system_failure("open " + path);
  for (const char* file : kFiles) {
    const std::string name = path + "/" + file;
    UniqueFd fd(::openat(directory.get(), file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!fd) return system_failure("open " + name);
    side.inputs.push_back({.name = name, .fd = std::move(fd)});
  }
  return side;
}

Result<config::Compiled> read_compiled(const Side& side) {
  config::Compiled out;
  const std::array<google::protobuf::MessageLite*, 4> messages = {&out.engine, &out.net,
                                                                  &out.checker, &out.notifier};
  constexpr std::array<CompiledKind, 4> kKinds = {CompiledKind::kEngine, CompiledKind::kNet,
                                                  CompiledKind::kChecker, CompiledKind::kNotifier};
  for (size_t i = 0; i < kFiles.size(); ++i) {
    const Input& input = side.inputs[i];
    const auto content = read_input(input, kCompiledBytesMax);
    if (!content) return std::unexpected(content.error());
    if (auto read = parse_compiled_file(*content, input.name, kKinds[i], *messages[i]); !read) {
      return std::unexpected(read.error());
    }
  }
  const uint64_t generation = out.engine.generation();
  if (out.net.generation() != generation || out.checker.generation() != generation ||
      out.notifier.generation() != generation) {
    return failure("its four files were not compiled together: run `holdfast compile` again");
  }
  return out;
}

Result<config::Compiled> read_side(const Side& side, const Reporter& reporter) {
  if (side.compiled) return read_compiled(side);
  const Input& input = side.inputs.front();
  auto text = read_input(input);
  if (!text) return std::unexpected(text.error());
  auto result = config::compile(std::move(*text), input.name, reporter.compile_options());
  if (!result.ok()) {
    fmt::print(stderr, "{}", reporter.report(result));
    return failure(input.name + " does not compile");
  }
  return config::Compiled{.engine = std::move(result.engine),
                          .net = std::move(result.net),
                          .checker = std::move(result.checker),
                          .notifier = std::move(result.notifier)};
}

int run(const Options& options) {
  if (options.sides[0] == "-" && options.sides[1] == "-") {
    return complain("only one of the two can be standard input");
  }
  std::vector<Side> sides;
  for (const std::string& path : options.sides) {
    auto side = open_side(path);
    if (!side) return complain(side.error().text);
    sides.push_back(std::move(*side));
  }
  const Reporter reporter(options.report, STDERR_FILENO);
  if (auto confined = confine_compiler(); !confined) return complain(confined.error().text);
  std::vector<config::Compiled> configurations;
  for (const Side& side : sides) {
    auto configuration = read_side(side, reporter);
    if (!configuration) return complain(configuration.error().text);
    configurations.push_back(std::move(*configuration));
  }
  const auto difference = config::difference(configurations[0], configurations[1]);
  for (const std::string& line : difference.changes) fmt::print("{}\n", line);
  for (const std::string& line : difference.untouched) fmt::print("{}\n", line);
  if (difference.changes.empty()) fmt::print("a reload changes nothing\n");
  return difference.changes.empty() ? kExitSuccess : kExitFailure;
}

}  // namespace

void add_diff(CLI::App& app, int& exit_status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("diff", "say what a reload would change, and what not");
  command
      ->add_option("OLD", options->sides[0],
                   "what runs: a configuration, or a directory of compiled files "
                   "(/run/holdfast/config)")
      ->required();
  command->add_option("NEW", options->sides[1], "what would run; - for standard input")->required();
  add_compile_options(*command, options->report);
  command->footer(
      "Exit status: 0 a reload changes nothing, 1 it changes something, 2 one of the two cannot be "
      "read or does not compile, or usage.");
  command->callback([options, &exit_status] { exit_status = run(*options); });
}

}  // namespace holdfast::cli
