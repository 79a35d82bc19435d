#include "config/parser.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <ranges>
#include <span>
#include <utility>

#include "config/catalogue.h"

namespace holdfast::config {
namespace {

struct Opener {
  std::string name;  // "`vrrp_instance myr`"
  Place place;
};

struct Frame {
  Statement statement;  // without a keyword: the contents are thrown away
  Block block = Block::kUnknown;
  Opener opener;
  uint32_t indent = 0;
  bool transparent = false;  // a brace of its own: the contents belong to the block around it
  bool excused = false;      // its braces have been reported already
  bool silent = false;       // what it is, or stands in, is not supported
  // A block inside was closed by a brace that is indented as if it closed this one.
  std::optional<Opener> suspect;
};

struct Closed {
  Frame frame;
  Place brace;
};

std::string first_word(const Piece& piece) {
  std::string word;
  for (const Glyph& glyph : piece.glyphs) {
    const bool ends = glyph.byte == '"' || glyph.byte == ' ' || glyph.byte == '\t';
    if (ends && !word.empty()) break;
    if (!ends) word += glyph.byte;
  }
  return word;
}

bool contains(const Piece& piece, std::string_view text) {
  const auto same = [](const Glyph& glyph, char c) { return glyph.byte == c; };
  return !std::ranges::search(piece.glyphs, text, same).empty();
}

bool is_script_line(const Keyword& keyword) {
  return std::ranges::any_of(keyword.takes, [](const Argument& argument) {
    return argument.escaped || argument.kind == Argument::Kind::kCommand;
  });
}

std::string names_of(std::span<const Block> blocks) {
  constexpr size_t kNamed = 3;
  std::vector<std::string_view> names;
  for (const Block block : blocks) names.push_back(info(block).name);
  if (names.size() == 1) return std::string(names.front());
  if (names.size() > kNamed)
    return fmt::format("{} or others", fmt::join(names | std::views::take(kNamed), ", "));
  const std::string_view last = names.back();
  names.pop_back();
  return fmt::format("{} or {}", fmt::join(names, ", "), last);
}

class Parser {
 public:
  Parser(Preprocessor& lines, const Grammar& grammar, Diagnostics& diagnostics)
      : lines_(lines), grammar_(grammar), diagnostics_(diagnostics) {
    frames_.push_back({.statement = {}, .block = Block::kRoot, .opener = {}, .suspect = {}});
  }

  std::vector<Statement> run() {
    for (auto line = lines_.next_line(); !line.empty(); line = lines_.next_line()) {
      for (size_t i = 0; i < line.size(); ++i) {
        const bool brace_next = i + 1 < line.size() && line[i + 1].kind == Piece::Kind::kOpen;
        take(line[i], brace_next);
      }
    }
    settle_pending(nullptr);
    abandon(1);
    return std::move(frames_.front().statement.children);
  }

 private:
  void take(const Piece& piece, bool brace_next) {
    if (beyond_ > 0) {
      if (piece.kind == Piece::Kind::kOpen) ++beyond_;
      if (piece.kind == Piece::Kind::kClose) --beyond_;
      return;
    }
    switch (piece.kind) {
      case Piece::Kind::kText: {
        settle_pending(&piece);
        begin_statement(piece, brace_next);
        break;
      }
      case Piece::Kind::kOpen:
        open(piece);
        break;
      case Piece::Kind::kClose:
        settle_pending(nullptr);
        close(piece);
        break;
    }
  }

  Frame& top() { return frames_.back(); }

  // The statement before this piece gets no brace any more.
  void settle_pending(const Piece* next) {
    if (!pending_) return;
    Frame frame = std::move(*pending_);
    pending_.reset();
    const Keyword* keyword = frame.statement.keyword;
    if (keyword == nullptr) return;
    if (keyword->opens == Block::kNone) {
      top().statement.children.push_back(std::move(frame.statement));
      return;
    }
    const Place place = frame.statement.place();
    diagnostics_.report<kMissingBrace>(place, frame.opener.name)
        .help("write `{` at the end of this line");
    // What follows belongs to the block, if it can; then the `}` will too.
    const bool inside =
        next != nullptr && grammar_.find(frame.block, first_word(*next)) != nullptr &&
        (!info(frame.block).is_list || grammar_.find(top().block, first_word(*next)) == nullptr);
    frame.statement.has_block = true;
    frame.excused = true;
    if (inside) {
      frames_.push_back(std::move(frame));
    } else {
      top().statement.children.push_back(std::move(frame.statement));
    }
  }

  void begin_statement(const Piece& piece, bool brace_next) {
    const std::string word = first_word(piece);
    mend_braces(piece, word, brace_next);
    Frame frame;
    frame.indent = piece.indent;
    frame.opener = {in_backticks(word), piece.place};
    if (top().block != Block::kUnknown && !refuse_preprocessor(piece, word)) {
      bind(frame, piece, word, brace_next);
    }
    pending_ = std::move(frame);
  }

  void bind(Frame& frame, const Piece& piece, const std::string& word, bool brace_next) {
    const Keyword* keyword = grammar_.find(top().block, word);
    Place place = piece.place;
    place.width = characters(word);
    if (keyword != nullptr) {
      report_support(*keyword, place);
    } else {
      keyword = report_unknown(place, word, brace_next);
    }
    if (keyword == nullptr) return;
    Statement& statement = frame.statement;
    statement.words = is_script_line(*keyword) ? split_script(piece.glyphs, diagnostics_)
                                               : split_plain(piece.glyphs, diagnostics_);
    statement.keyword = keyword;
    statement.cut_by_comment = piece.cut_by_comment;
    frame.silent = top().silent || keyword->support != Support::kYes;
    statement.silent = frame.silent;
    frame.block = keyword->opens;
    if (keyword->opens != Block::kNone && statement.words.size() > 1) {
      frame.opener.name = in_backticks(fmt::format("{} {}", word, statement.words[1].text));
    }
  }

  static uint32_t characters(std::string_view word) {
    uint32_t count = 0;
    for (size_t at = 0; at < word.size(); at += character_bytes(word, at)) ++count;
    return std::max(count, 1U);
  }

  // Definitions, conditions and sequences work on lines, before any keyword is looked up.
  bool refuse_preprocessor(const Piece& piece, const std::string& word) {
    std::string_view what;
    if (word.starts_with('$') && word.find('=') != std::string::npos) what = "a definition";
    if (word.starts_with('@')) what = "a condition on a line";
    if (contains(piece, "~SEQ") || contains(piece, "~LST")) what = "repeating a line";
    if (what.empty()) return false;
    diagnostics_.report<kUnsupported>(piece.place, what)
        .help("write the lines out as keepalived would expand them");
    return true;
  }

  // Of a block that is not supported its opener tells; a wrong word in it is told all the same.
  void report_support(const Keyword& keyword, Place place) {
    if (keyword.support == Support::kYes) return;
    const bool wrong = !keyword.instead.empty();
    if (top().silent && !wrong) return;
    const std::string name = in_backticks(keyword.name);
    const bool is_error = keyword.ignoring == Severity::kError;
    Diagnostic& diagnostic = wrong && is_error ? diagnostics_.report<kForeign>(place, name)
                             : wrong           ? diagnostics_.report<kObsolete>(place, name)
                             : is_error        ? diagnostics_.report<kUnsupported>(place, name)
                             : keyword.ignoring == Severity::kWarning
                                 ? diagnostics_.report<kHasNoUse>(place, name)
                                 : diagnostics_.report<kMeansNothing>(place, name);
    diagnostic.note(std::string(keyword.why));
    if (wrong) diagnostic.help(std::string(keyword.instead));
    if (!keyword.new_name.empty()) {
      diagnostic.help(fmt::format("its name is {} now", in_backticks(keyword.new_name)));
    }
  }

  // The keyword that was meant, so that its absence is not reported too.
  const Keyword* report_unknown(Place place, const std::string& word, bool brace_next) {
    const Block block = top().block;
    const auto places = grammar_.places_of(word);
    if (!places.empty()) {
      diagnostics_.report<kMisplacedKeyword>(place, in_backticks(word), info(block).name)
          .help(fmt::format("it belongs into {}", names_of(places)));
      return nullptr;
    }
    // A megabyte of nonsense is not worth the search.
    const std::string_view similar =
        diagnostics_.is_full() ? std::string_view{} : grammar_.similar(block, word);
    Diagnostic& diagnostic =
        diagnostics_.report<kUnknownKeyword>(place, in_backticks(word), info(block).name);
    if (similar.empty()) return nullptr;
    diagnostic.help(fmt::format("did you mean {}?", in_backticks(similar)));
    const Keyword* meant = grammar_.find(block, similar);
    const bool fits = (meant->opens != Block::kNone) == brace_next;
    return fits ? meant : nullptr;
  }

  void open(const Piece& piece) {
    if (frames_.size() > kNestingMax) {
      diagnostics_.report<kTooDeep>(piece.place, kNestingMax);
      beyond_ = 1;
      return;
    }
    if (!pending_) {
      diagnostics_.report<kNamelessBlock>(piece.place).help("remove it and the `}` that ends it");
      top().excused = true;
      Frame frame{
          .statement = {}, .block = top().block, .opener = {"", piece.place}, .suspect = {}};
      frame.indent = piece.indent;
      frame.transparent = true;
      frame.excused = true;
      frame.silent = top().silent;
      frames_.push_back(std::move(frame));
      return;
    }
    Frame frame = std::move(*pending_);
    pending_.reset();
    if (frame.block == Block::kNone) {
      diagnostics_.report<kNoBlockHere>(piece.place, frame.opener.name)
          .help("remove the braces and what stands between them");
      top().statement.children.push_back(std::exchange(frame.statement, {}));
      frame.block = Block::kUnknown;
      frame.excused = true;
    }
    frame.statement.has_block = true;
    frames_.push_back(std::move(frame));
  }

  void pop() {
    Frame frame = std::move(frames_.back());
    frames_.pop_back();
    auto& around = top().statement.children;
    if (frame.transparent) {
      std::ranges::move(frame.statement.children, std::back_inserter(around));
    } else if (frame.statement.keyword != nullptr) {
      around.push_back(std::move(frame.statement));
    }
  }

  void close(const Piece& piece) {
    if (frames_.size() == 1) {
      diagnostics_.report<kStrayBrace>(piece.place).help("remove it");
      return;
    }
    suspect_unclosed(piece);
    const bool last = frames_.size() == 2;
    Frame closed;
    if (last) {
      closed.opener = top().opener;
      closed.block = top().block;
      closed.indent = top().indent;
      closed.transparent = top().transparent;
      closed.silent = top().silent;
    }
    const bool kept = top().statement.keyword != nullptr;
    pop();
    closed_.reset();
    if (last && kept && !closed.transparent) closed_ = Closed{std::move(closed), piece.place};
  }

  // A `}` that lines up with an outer block hints at a block that was left open, but is no
  // mistake by itself.
  void suspect_unclosed(const Piece& piece) {
    if (!piece.leads_line || piece.indent >= top().indent) return;
    for (size_t i = frames_.size() - 1; i > 1; --i) {
      Frame& outer = frames_[i - 1];
      if (outer.indent != piece.indent) continue;
      if (!outer.suspect) outer.suspect = top().opener;
      return;
    }
  }

  // Before a statement: has a `}` been lost, or was there one too many?
  void mend_braces(const Piece& piece, const std::string& word, bool brace_next) {
    if (grammar_.find(top().block, word) != nullptr && !info(top().block).is_list) return;
    reopen_closed_too_early(word);
    for (size_t depth = frames_.size() - 1; depth > 0; --depth) {
      const Frame& outer = frames_[depth - 1];
      if (info(outer.block).is_list) continue;
      const Keyword* keyword = grammar_.find(outer.block, word);
      if (keyword == nullptr) continue;
      const bool opens_root_block = depth == 1 && keyword->opens != Block::kNone;
      if (top().block == Block::kUnknown && !opens_root_block) continue;
      const bool item_with_block = info(top().block).is_list && brace_next;
      const bool outdented = piece.leads_line && piece.indent <= frames_[depth].indent;
      if (!outdented && !item_with_block) continue;
      abandon(depth);
      return;
    }
  }

  void reopen_closed_too_early(const std::string& word) {
    if (frames_.size() != 1 || !closed_ || grammar_.find(Block::kRoot, word) != nullptr ||
        grammar_.find(closed_->frame.block, word) == nullptr ||
        info(closed_->frame.block).is_list) {
      return;
    }
    auto& children = top().statement.children;
    if (children.empty() || children.back().place().line != closed_->frame.opener.place.line)
      return;
    Closed closed = std::move(*closed_);
    closed_.reset();
    diagnostics_.report<kEarlyBrace>(closed.brace, closed.frame.opener.name)
        .also(closed.frame.opener.place, "the block opened here")
        .help("remove this `}`");
    closed.frame.statement = std::move(children.back());
    children.pop_back();
    frames_.push_back(std::move(closed.frame));
  }

  // The blocks from this depth on have no `}`.
  void abandon(size_t depth) {
    for (size_t i = depth; i < frames_.size(); ++i) {
      Frame& frame = frames_[i];
      frame.statement.unclosed = true;
      if (frame.excused) continue;
      const Opener& opener = frame.suspect ? *frame.suspect : frame.opener;
      diagnostics_.report<kUnclosedBlock>(opener.place, opener.name)
          .mark("opened here")
          .help("write the missing `}`");
    }
    while (frames_.size() > depth) pop();
  }

  Preprocessor& lines_;
  const Grammar& grammar_;
  Diagnostics& diagnostics_;
  std::vector<Frame> frames_;
  std::optional<Frame> pending_;  // a statement that may still get its `{`
  std::optional<Closed> closed_;  // the last block that ended at the root
  size_t beyond_ = 0;             // open braces beyond kNestingMax
};

}  // namespace

std::vector<Statement> parse(Preprocessor& lines, const Grammar& grammar,
                             Diagnostics& diagnostics) {
  return Parser(lines, grammar, diagnostics).run();
}

}  // namespace holdfast::config
