#include "config/compile.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>

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

std::string router_line(const compiled::EngineConfig& engine,
                        const compiled::EngineRouter& router) {
  std::vector<std::string> addresses;
  for (const auto& item : router.advertised()) {
    const auto address = Ipv4::from_bytes(item.address());
    addresses.push_back(
        fmt::format("{}/{}", address ? address->text() : "?", item.prefix_length()));
  }
  const auto interface =
      std::ranges::find(engine.interfaces(), router.interface_id(), &compiled::Interface::id);
  return fmt::format("router {}: VRID {} on {}, priority {}{}, {}\n", router.name(), router.vrid(),
                     interface->name(), router.priority(),
                     router.starts_eager() ? " (starts as MASTER)" : "", fmt::join(addresses, " "));
}

std::string check_line(const compiled::ScriptCheck& check) {
  const std::string under =
      check.command().has_shell() ? " under " + check.command().shell().interpreter() : "";
  return fmt::format("check {}: every {} ms{}: {}\n", check.name(), check.interval_ms(), under,
                     check.command().text());
}

// They end with the compilation.
void forget_statements(Model& model) {
  model.statements = nullptr;
  for (Script& script : model.scripts) script.statement = nullptr;
  for (Instance& instance : model.instances) {
    instance.statement = nullptr;
    instance.authentication.statement = nullptr;
  }
}

// Of what was compiled and not of the text: one that only looks otherwise is the same generation.
void stamp(CompileResult& result) {
  const std::string all = compiled_file_bytes(CompiledKind::kEngine, result.engine) +
                          compiled_file_bytes(CompiledKind::kNet, result.net) +
                          compiled_file_bytes(CompiledKind::kChecker, result.checker) +
                          compiled_file_bytes(CompiledKind::kNotifier, result.notifier);
  const uint64_t generation = fnv1a(all);
  result.engine.set_generation(generation);
  result.net.set_generation(generation);
  result.checker.set_generation(generation);
  result.notifier.set_generation(generation);
}

}  // namespace

CompileResult compile(std::string_view text, const std::string& name,
                      const CompileOptions& options) {
  CompileResult result;
  const bool too_large = text.size() > kTextBytesMax;
  if (too_large) {
    result.diagnostics.report<kTextTooLarge>(Place{}, kTextBytesMax >> 20U);
    text = {};
  }
  Sources& sources = result.sources;
  sources.add(name, std::string(text));
  if (!too_large) {
    static const Grammar grammar;  // the table does not change
    Preprocessor lines(sources, result.diagnostics, options.text);
    auto statements = parse(lines, grammar, result.diagnostics,
                            options.lenient ? Unknown::kSkipped : Unknown::kRefused, &sources);
    Model model = interpret(statements, result.diagnostics);
    check(model, result.diagnostics);
    lint({.model = model, .sources = sources, .options = options}, result.diagnostics);
    // Before the messages are made: of a large file each takes as much memory as the other.
    forget_statements(model);
    statements = {};
    if (result.ok()) {
      emit(model, options, result);
      stamp(result);
    }
    result.model = std::move(model);
  }
  Allows(sources).apply(result.diagnostics);
  result.diagnostics.sort();
  result.report = render(result.diagnostics, sources);
  return result;
}

std::string summary(const CompileResult& result) {
  std::string out;
  for (const auto& router : result.engine.routers()) out += router_line(result.engine, router);
  for (const auto& check : result.checker.scripts()) out += check_line(check);
  if (!result.notifier.mail().server().empty()) {
    const auto& mail = result.notifier.mail();
    out += fmt::format("mail through {} port {} to {}\n", mail.server(), mail.port(),
                       fmt::join(mail.to(), ", "));
  }
  return out.empty() ? "nothing to do\n" : out;
}

}  // namespace holdfast::config
