#include "config/left_out.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "config/catalogue.h"

namespace holdfast::config {
namespace {

// Blocks that it opens and leaves open; negative: that it closes.
int depth_of(const std::vector<Piece>& line) {
  const auto opens = std::ranges::count(line, Piece::Kind::kOpen, &Piece::kind);
  const auto closes = std::ranges::count(line, Piece::Kind::kClose, &Piece::kind);
  return static_cast<int>(opens - closes);
}

std::string text_of(const Piece& piece) {
  std::string text;
  for (const Glyph& glyph : piece.glyphs) text += glyph.byte;
  return text;
}

}  // namespace

void LeftOutBlocks::leave_out(const std::string& id, const std::vector<Piece>& line, bool said) {
  if (taking_) return;
  const int depth = depth_of(line);
  if (depth <= 0) {
    open_ = std::max(0, open_ + depth);
    return;
  }
  // The first line of the same block for other hosts; they share what follows.
  if (kept_open_ > 0) return;
  if (open_ == 0) {
    name_ = text_of(line.front());
    place_ = line.front().place;
    said_ = said;
  }
  open_ = open_ == 0 || id == id_ ? open_ + depth : std::max(open_, depth);
  id_ = id;
}

void LeftOutBlocks::take_from(std::vector<Piece>& line, bool by_condition, bool inside) {
  if (!taking_) {
    const int depth = depth_of(line);
    kept_open_ = by_condition ? std::max(0, kept_open_ + depth) : 0;
    if (by_condition && depth > 0) open_ = 0;
    if (open_ == 0) return;
    taking_ = true;
    if (!said_) report(inside);
  }
  auto end = line.begin();
  for (; end != line.end() && open_ > 0; ++end) {
    if (end->kind == Piece::Kind::kOpen) ++open_;
    if (end->kind == Piece::Kind::kClose) --open_;
  }
  line.erase(line.begin(), end);
  taking_ = open_ > 0;
}

void LeftOutBlocks::report(bool inside) {
  if (!inside) {
    diagnostics_.report<kLeftOutBlock>(place_, in_backticks(name_));
    return;
  }
  diagnostics_.report<kLeftOutInBlock>(place_, in_backticks(name_))
      .note("keepalived reads these as lines of the block around them, and its `}` ends that one")
      .help(fmt::format("begin each line of it with `@{}`, its `}}` too", id_));
}

void LeftOutBlocks::finish() {
  if (!std::exchange(taking_, false)) return;
  diagnostics_.report<kUnclosedBlock>(place_, in_backticks(name_))
      .mark("opened here")
      .help("write the missing `}`");
}

}  // namespace holdfast::config
