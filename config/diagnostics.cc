#include "config/diagnostics.h"

#include <algorithm>
#include <tuple>

namespace holdfast::config {
namespace {

auto position(const Diagnostic& diagnostic) {
  return std::tuple(diagnostic.place.line, diagnostic.place.column, diagnostic.finding.id);
}

bool same(const Diagnostic& a, const Diagnostic& b) {
  return position(a) == position(b) && a.text == b.text;
}

}  // namespace

Diagnostic& Diagnostics::add(Diagnostic diagnostic) {
  if (diagnostic.finding.severity == Severity::kError) ++errors_;
  if (diagnostic.finding.severity == Severity::kWarning) ++warnings_;
  if (all_.size() < kDiagnosticsMax) return all_.emplace_back(std::move(diagnostic));
  ++left_out_;
  return beyond_ = std::move(diagnostic);
}

void Diagnostics::sort() {
  std::ranges::stable_sort(all_, {}, position);
  const auto repeated = std::ranges::unique(all_, same);
  all_.erase(repeated.begin(), repeated.end());
}

}  // namespace holdfast::config
