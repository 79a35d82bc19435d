#include "config/diagnostics.h"

#include <algorithm>
#include <tuple>

namespace holdfast::config {
namespace {

auto position(const Diagnostic& diagnostic) {
  return std::tuple(diagnostic.place.file, diagnostic.place.line, diagnostic.place.column,
                    diagnostic.finding.id, std::string_view(diagnostic.text));
}

bool same(const Diagnostic& a, const Diagnostic& b) {
  return position(a) == position(b);
}

}  // namespace

bool Diagnostics::is_said_again(const Diagnostic& diagnostic) {
  const Place& place = diagnostic.place;
  if (place.expansion == 0 || said_.size() >= kDiagnosticsMax) return false;
  return !said_.emplace(place.file, place.line, place.column, diagnostic.text).second;
}

Diagnostic& Diagnostics::add(Diagnostic diagnostic) {
  if (is_said_again(diagnostic)) return beyond_ = std::move(diagnostic);
  if (diagnostic.finding.severity == Severity::kError) ++errors_;
  if (diagnostic.finding.severity == Severity::kWarning) ++warnings_;
  if (all_.size() < kDiagnosticsMax) return all_.emplace_back(std::move(diagnostic));
  ++left_out_;
  return beyond_ = std::move(diagnostic);
}

size_t Diagnostics::lints() const {
  return static_cast<size_t>(std::ranges::count_if(
      all_, [](const Diagnostic& one) { return one.finding.severity == Severity::kLint; }));
}

void Diagnostics::remove_if(const std::function<bool(const Diagnostic&)>& unwanted) {
  std::erase_if(all_, [&](const Diagnostic& one) {
    if (!unwanted(one)) return false;
    if (one.finding.severity == Severity::kError) --errors_;
    if (one.finding.severity == Severity::kWarning) --warnings_;
    return true;
  });
}

void Diagnostics::sort() {
  std::ranges::sort(all_, {}, position);
  const auto repeated = std::ranges::unique(all_, same);
  all_.erase(repeated.begin(), repeated.end());
  if (left_out_ > 0) return;
  const auto count = [&](Severity severity) {
    const auto is_one = [&](const Diagnostic& one) { return one.finding.severity == severity; };
    return static_cast<size_t>(std::ranges::count_if(all_, is_one));
  };
  errors_ = count(Severity::kError);
  warnings_ = count(Severity::kWarning);
}

}  // namespace holdfast::config
