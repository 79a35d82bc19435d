#include "config/compile.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <utility>

#include "common/compiled_file.h"
#include "common/ipv4.h"
#include "config/allow.h"
#include "config/catalogue.h"
#include "config/check.h"
#include "config/emit.h"
#include "config/interpret.h"
#include "config/lint.h"
#include "config/parser.h"

namespace holdfast::config {
namespace {

// What a sequence writes out is looked at as a whole for the first time when there are so many.
constexpr size_t kInstancesTried = 500;

std::string router_line(const compiled::EngineRouter& router) {
  std::vector<std::string> addresses;
  for (const auto& item : router.advertised()) {
    const auto address = Ipv4::from_bytes(item.address());
    addresses.push_back(
        fmt::format("{}/{}", address ? address->text() : "?", item.prefix_length()));
  }
  const std::string version =
      router.version() == 2
          ? ""
          : fmt::format(", VRRPv{} every {} ms", router.version(), router.advert_interval_ms());
  return fmt::format("router {}: VRID {} on {}{}, priority {}{}, {}\n", router.name(),
                     router.vrid(), router.interface(), version, router.priority(),
                     router.starts_eager() ? " (starts as MASTER)" : "", fmt::join(addresses, " "));
}

std::string check_line(const compiled::ScriptCheck& check) {
  const std::string under =
      check.command().has_shell() ? " under " + check.command().shell().interpreter() : "";
  const std::string as =
      check.command().has_remote() ? " as " + check.command().remote().user() : "";
  return fmt::format("check {}: every {} ms{}{}: {}\n", check.name(), check.interval_ms(), under,
                     as, check.command().text());
}

// Of what was compiled and not of the text: one that only looks otherwise is the same generation.
void stamp(CompileResult& result) {
  uint64_t generation = fnv1a(compiled_file_bytes(CompiledKind::kEngine, result.engine));
  generation = fnv1a(compiled_file_bytes(CompiledKind::kNet, result.net), generation);
  generation = fnv1a(compiled_file_bytes(CompiledKind::kChecker, result.checker), generation);
  generation = fnv1a(compiled_file_bytes(CompiledKind::kNotifier, result.notifier), generation);
  for (const auto& [user, runner] : result.runners) {
    generation = fnv1a(compiled_file_bytes(CompiledKind::kRunner, runner.config), generation);
  }
  result.engine.set_generation(generation);
  result.net.set_generation(generation);
  result.checker.set_generation(generation);
  result.notifier.set_generation(generation);
  for (auto& [user, runner] : result.runners) runner.config.set_generation(generation);
}

}  // namespace

CompileResult compile(std::string text, const std::string& name, const CompileOptions& options) {
  CompileResult result;
  const bool too_large = text.size() > kTextBytesMax;
  if (too_large) {
    result.diagnostics.report<kTextTooLarge>(Place{}, kTextBytesMax >> 20U);
    text.clear();
  }
  Sources& sources = result.sources;
  sources.add(name, std::move(text));
  if (!too_large) {
    static const Grammar grammar;  // the table does not change
    Model& model = result.model;
    Interpreter interpreter(model, result.diagnostics);
    Preprocessor lines(sources, result.diagnostics, options.text);
    const auto read = [&](const Statement& statement) {
      interpreter.read(statement);
      const bool tries =
          statement.keyword->opens == Block::kInstance && model.instances.size() == kInstancesTried;
      if (tries && has_wrong_instances(model)) lines.earn_no_more();
    };
    const auto misplaced = parse(lines, grammar, result.diagnostics, read,
                                 options.lenient ? Unknown::kSkipped : Unknown::kRefused, &sources);
    interpreter.excuse(misplaced, grammar);
    check(model, result.diagnostics);
    lint({.model = model, .sources = sources, .options = options}, result.diagnostics);
    if (result.ok()) {
      emit(model, options, result);
      stamp(result);
    }
    if (!options.keep_model) model = {};
  }
  Allows(sources).apply(result.diagnostics);
  result.diagnostics.sort();
  result.report = render(result.diagnostics, sources);
  return result;
}

std::string summary(const CompileResult& result) {
  std::string out;
  for (const auto& router : result.engine.routers()) out += router_line(router);
  for (const auto& check : result.checker.scripts()) out += check_line(check);
  if (!result.notifier.mail().server().empty()) {
    const auto& mail = result.notifier.mail();
    out += fmt::format("mail through {} port {} to {}\n", mail.server(), mail.port(),
                       fmt::join(mail.to(), ", "));
  }
  return out.empty() ? "nothing to do\n" : out;
}

}  // namespace holdfast::config
