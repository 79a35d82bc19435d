#include "config/parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "config/catalogue.h"
#include "config/keyword_reports.h"
#include "config/leftovers.h"
#include "config/parser_frame.h"

namespace holdfast::config {
namespace {

// More on one line, or of one kind, is no slip of a hand.
constexpr size_t kStatementsOfLineMax = 4;
constexpr size_t kSuspectsMax = 16;

std::string first_word(const Piece& piece) {
  std::string word;
  for (const Glyph& glyph : piece.glyphs) {
    const bool ends = glyph.byte == '"' || glyph.byte == ' ' || glyph.byte == '\t';
    if (ends && !word.empty()) break;
    if (!ends) word += glyph.byte;
  }
  return word;
}

bool is_script_line(const Keyword& keyword) {
  return std::ranges::any_of(keyword.takes, [](const Argument& argument) {
    return argument.escaped || argument.kind == Argument::Kind::kCommand;
  });
}

class Parser {
 public:
  Parser(Preprocessor& lines, const Grammar& grammar, Diagnostics& diagnostics,
         const TakeStatement& take, Unknown unknown, const Sources* sources)
      : lines_(lines),
        grammar_(grammar),
        diagnostics_(diagnostics),
        take_(take),
        reports_(grammar, diagnostics, unknown),
        sources_(sources) {
    frames_.emplace_back().block = Block::kRoot;
  }

  std::vector<std::string> run() {
    for (auto line = lines_.next_line(); !line.empty(); line = lines_.next_line()) {
      if (skip_merged(line) || skip_comment(line) || skip_blanks(line)) continue;
      for (size_t i = 0; i < line.size(); ++i) {
        const bool brace_next = i + 1 < line.size() && line[i + 1].kind == Piece::Kind::kOpen;
        take(line[i], brace_next);
      }
      hand_over(1);
    }
    settle_pending(nullptr);
    // Where the lines end early there is nothing to say about braces.
    const bool cut = lines_.stopped() || merge_ == Merge::kTheirs;
    for (Frame& frame : frames_) frame.excused = frame.excused || cut;
    abandon(1);
    hand_over(0);
    return reports_.take_misplaced();
  }

 private:
  // The last one may be opened again: its `}` may have been one too many.
  void hand_over(size_t kept) {
    auto& statements = frames_.front().statement.children;
    if (statements.size() <= kept) return;
    const auto end = statements.end() - static_cast<ptrdiff_t>(kept);
    std::for_each(statements.begin(), end, take_);
    statements.erase(statements.begin(), end);
  }

  // A template that was not filled in: one message for a file. True: nothing else stands in the
  // line that could be read.
  bool skip_blanks(std::vector<Piece>& line) {
    const Piece& first = line.front();
    const bool is_note = !pending_ && begins_note(first);
    const size_t at = is_note ? 0 : find_blank(line);
    if (at == line.size()) return false;
    if (templates_.insert(first.place.file).second) {
      diagnostics_.report<kTemplate>(line[at].place).help("check the file that is made of it");
    }
    for (Frame& frame : frames_) {
      frame.statement.unclosed = true;
      frame.excused = true;
    }
    if (is_note) {
      // To keepalived it is a block, and the note is in it.
      if (frames_.size() <= kNestingMax) frames_.push_back(transparent_frame(first));
      return true;
    }
    line = without_blanks(std::move(line));
    return line.empty();
  }

  // `{# ... #}`: the rest of the line is a comment here, too.
  bool begins_note(const Piece& piece) const {
    if (piece.kind != Piece::Kind::kOpen || sources_ == nullptr) return false;
    std::string_view text = sources_->file(piece.place.file).line(piece.place.line);
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    return text.starts_with("{#");
  }

  // A merge that nobody has finished: one message for each place. Of the two versions the first is
  // read.
  bool skip_merged(const std::vector<Piece>& line) {
    const Piece& piece = line.front();
    const std::string word = piece.kind == Piece::Kind::kText ? first_word(piece) : "";
    const char mark = merge_mark(word);
    if (mark == '<') {
      merge_ = Merge::kOurs;
      reports_.mark_incomplete(top());
      Place place = piece.place;
      place.width = std::max(character_count(word), 1U);
      reports_.report_word(place, word, top().block)
          .note("a merge of two versions of this file has left its marks")
          .help("keep one of the two versions, and remove the marks");
      return true;
    }
    if (merge_ == Merge::kNone) return false;
    if (mark == '=' || mark == '|') merge_ = Merge::kTheirs;
    if (mark == '>') merge_ = Merge::kNone;
    return mark != '\0' || merge_ == Merge::kTheirs;
  }

  // ` // ...`, one message for a file. True: nothing stands before it.
  bool skip_comment(std::vector<Piece>& line) {
    for (auto piece = line.begin(); piece != line.end(); ++piece) {
      if (piece->kind != Piece::Kind::kText || begins_script(*piece)) continue;
      const auto at = find_slashes(piece->glyphs);
      if (!at) continue;
      const Place place = place_of(piece->glyphs, *at, *at + 1);
      if (slashes_.insert(place.file).second) {
        reports_.report_word(place, "//", top().block)
            .note("a comment begins with `#` or `!`; what follows `//` in this file is left out")
            .help("write `#` in place of each `//`");
      }
      piece->glyphs.resize(*at);
      while (!piece->glyphs.empty() && is_space(piece->glyphs.back().byte)) {
        piece->glyphs.pop_back();
      }
      line.erase(piece->glyphs.empty() ? piece : std::next(piece), line.end());
      return line.empty();
    }
    return false;
  }

  bool begins_script(const Piece& piece) const {
    const std::string word = first_word(piece);
    const auto places = grammar_.places_of(word);
    return !places.empty() && is_script_line(*grammar_.find(places.front(), word));
  }

  void take(const Piece& piece, bool brace_next) {
    if (beyond_ > 0) {
      if (piece.kind == Piece::Kind::kOpen) ++beyond_;
      if (piece.kind == Piece::Kind::kClose) --beyond_;
      return;
    }
    switch (piece.kind) {
      case Piece::Kind::kText:
        begin_statements(piece, brace_next);
        break;
      case Piece::Kind::kOpen:
        open(piece);
        break;
      case Piece::Kind::kClose:
        settle_pending(&piece);
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
    if (keyword == nullptr) {
      settle_unread(std::move(frame), next);
      return;
    }
    if (keyword->opens == Block::kNone) {
      top().statement.children.push_back(std::move(frame.statement));
      return;
    }
    auto& words = frame.statement.words;
    const std::string_view instead = other_brace(words.back().text);
    words.back().text.resize(words.back().text.size() - instead.size());
    if (words.back().text.empty()) words.pop_back();
    report_missing_brace(opener_of(frame), instead);
    // What stands in the line is what the block should hold.
    if (keyword->takes.empty()) words.resize(1);
    const bool inside = !instead.empty() || stands_inside(frame, next);
    if (inside) --more_closed(frame.opener.place.file);
    frame.statement.has_block = true;
    frame.excused = true;
    if (inside) {
      frames_.push_back(std::move(frame));
    } else {
      top().statement.children.push_back(std::move(frame.statement));
    }
  }

  // What follows belongs to the block, if it can; then the `}` will too.
  bool stands_inside(const Frame& frame, const Piece* next) {
    if (next == nullptr) return false;
    if (next->kind == Piece::Kind::kClose) {
      // Its own, of a block that is empty.
      return next->leads_line && frame.leads_line && next->indent == frame.indent &&
             has_more_closed(next->place.file);
    }
    const std::string word = first_word(*next);
    return grammar_.find(frame.block, word) != nullptr &&
           (!info(frame.block).is_list || grammar_.find(top().block, word) == nullptr);
  }

  // Of what is not read only the indentation tells whether a `{` is missing. Every keyword at the
  // root opens a block; deeper, a `}` that lines up with the line must bear it out.
  void settle_unread(Frame frame, const Piece* next) {
    const bool deeper = next != nullptr && next->kind == Piece::Kind::kText && next->leads_line &&
                        frame.leads_line && next->indent > frame.indent;
    if (!deeper) return;
    if (frames_.size() > 1) {
      if (top().block == Block::kUnknown && top().lost_braces.size() < kSuspectsMax) {
        top().lost_braces.emplace_back(frame.opener, frame.indent);
      }
      return;
    }
    if (grammar_.find(Block::kRoot, first_word(*next)) != nullptr) return;
    frame.block = Block::kUnknown;
    frame.excused = true;
    frames_.push_back(std::move(frame));
  }

  static Opener opener_of(const Frame& frame) {
    std::string name = frame.statement.words.front().text;
    if (frame.statement.words.size() > 1) name += " " + frame.statement.words[1].text;
    return {in_backticks(name), frame.statement.place()};
  }

  void report_missing_brace(const Opener& opener, std::string_view instead = {}) {
    diagnostics_.report<kMissingBrace>(opener.place, opener.name)
        .help(instead.empty()
                  ? "write `{` at the end of this line"
                  : fmt::format("write `{{` in the place of {}", in_backticks(instead)));
  }

  void begin_statements(const Piece& piece, bool brace_next) {
    auto rest = begin_statement(piece, brace_next);
    for (size_t i = 1; rest && i < kStatementsOfLineMax; ++i) {
      rest = begin_statement(*rest, brace_next);
    }
  }

  // What remains if another keyword follows behind the last value of this one.
  std::optional<Piece> begin_statement(const Piece& piece, bool brace_next) {
    settle_pending(&piece);
    const std::string word = first_word(piece);
    mend_braces(piece, word, brace_next);
    Frame frame;
    frame.indent = piece.indent;
    frame.leads_line = piece.leads_line;
    frame.opener = {in_backticks(word), piece.place};
    // A keyword that could not be made out has been reported.
    if (piece.glyphs.front().broken) {
      top().statement.unclosed = true;
    } else if (top().block != Block::kUnknown) {
      bind(frame, piece, word, brace_next);
    }
    auto rest = cut_second_statement(frame.statement, piece);
    pending_ = std::move(frame);
    return rest;
  }

  std::optional<Piece> cut_second_statement(Statement& statement, const Piece& piece) {
    if (statement.keyword == nullptr || info(top().block).is_list) return std::nullopt;
    const auto& takes = statement.keyword->takes;
    const auto is_open = [](const Argument& argument) {
      return argument.many || argument.kind == Argument::Kind::kRest ||
             argument.kind == Argument::Kind::kOptions || argument.kind == Argument::Kind::kCommand;
    };
    const size_t own = takes.size() + 1;
    if (std::ranges::any_of(takes, is_open) || statement.words.size() <= own) return std::nullopt;
    // Other languages part statements by it.
    const bool parted = statement.words[own].text == ";" && statement.words[own].bare;
    if (parted && statement.words.size() <= own + 1) return std::nullopt;
    const Word& second = statement.words[parted ? own + 1 : own];
    // Of an expansion all words stand at one place.
    if (!second.bare || second.place.expansion != 0 ||
        grammar_.find(top().block, second.text) == nullptr)
      return std::nullopt;
    const auto first = std::ranges::find_if(piece.glyphs, [&](const Glyph& glyph) {
      return glyph.line == second.place.line && glyph.column == second.place.column;
    });
    if (first == piece.glyphs.end()) return std::nullopt;
    diagnostics_.report<kSecondStatement>(second.place, in_backticks(second.text))
        .help("begin a new line before it");
    Piece rest = piece;
    rest.glyphs.assign(first, piece.glyphs.end());
    rest.place = second.place;
    rest.leads_line = false;
    statement.words.resize(own);
    statement.cut_by_comment = false;
    return rest;
  }

  void bind(Frame& frame, const Piece& piece, const std::string& word, bool brace_next) {
    const Keyword* keyword = grammar_.find(top().block, word);
    if (keyword == nullptr) keyword = with_other_brace(word);
    Place place = piece.place;
    place.width = std::max(character_count(word), 1U);
    // `preempt delay 5`
    if (keyword != nullptr && keyword->takes.empty() &&
        reports_.report_mistyped(piece, place, word, top()))
      return;
    bool told = false;
    if (keyword != nullptr) {
      told = reports_.report_support(*keyword, place, top());
    } else if (is_bare_member(piece, word, brace_next)) {
      report_bare_member(place, word);
    } else {
      keyword = reports_.report_unknown(piece, place, word, brace_next, top());
    }
    if (keyword == nullptr) return;
    Statement& statement = frame.statement;
    statement.words = is_script_line(*keyword) ? split_script(piece.glyphs, diagnostics_)
                                               : split_plain(piece.glyphs, diagnostics_);
    statement.keyword = keyword;
    statement.cut_by_comment = piece.cut_by_comment;
    frame.silent = top().silent || keyword->support != Support::kYes;
    statement.silent = frame.silent;
    statement.told = told;
    frame.block = keyword->opens;
    if (keyword->opens == Block::kVirtualServer) reports_.report_not_balanced(statement, place);
    if (keyword->opens != Block::kNone && statement.words.size() > 1) {
      frame.opener.name = in_backticks(fmt::format("{} {}", word, statement.words[1].text));
    }
  }

  // `track_script(`
  const Keyword* with_other_brace(std::string_view word) {
    word.remove_suffix(other_brace(word).size());
    const Keyword* keyword = word.empty() ? nullptr : grammar_.find(top().block, word);
    return keyword != nullptr && keyword->opens != Block::kNone ? keyword : nullptr;
  }

  // Whether this looks like a member of a vrrp_sync_group that stands outside of `group`.
  bool is_bare_member(const Piece& piece, const std::string& word, bool brace_next) {
    const auto blanks = static_cast<size_t>(
        std::ranges::count_if(piece.glyphs, is_space, [](const Glyph& one) { return one.byte; }));
    return top().block == Block::kSyncGroup && !brace_next && !diagnostics_.is_full() &&
           piece.glyphs.size() - blanks == word.size() && grammar_.places_of(word).empty() &&
           grammar_.similar(Block::kSyncGroup, word).empty();
  }

  // Who left out `group` left it out for all members.
  void report_bare_member(Place place, const std::string& word) {
    if (std::exchange(top().has_bare_member, true)) return;
    reports_.mark_incomplete(top());
    reports_.report_word(place, word, top().block)
        .help("members stand in a block: put `group {` before the first and `}` behind the last");
  }

  Frame transparent_frame(const Piece& brace) {
    Frame frame;
    frame.block = top().block;
    frame.opener.place = brace.place;
    frame.indent = brace.indent;
    frame.transparent = true;
    frame.excused = true;
    frame.silent = top().silent;
    return frame;
  }

  void open(const Piece& piece) {
    if (frames_.size() > kNestingMax) {
      diagnostics_.report<kTooDeep>(piece.place, kNestingMax);
      beyond_ = 1;
      return;
    }
    if (!pending_) {
      diagnostics_.report<kNamelessBlock>(piece.place).help("remove it and the `}` that ends it");
      // Nobody knows which of the blocks around it gets the `}` that is meant for it.
      for (Frame& open : frames_) open.excused = true;
      frames_.push_back(transparent_frame(piece));
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
    if (closes_other(piece)) return;
    if (frames_.size() == 1) {
      report_stray_brace(piece.place);
      return;
    }
    suspect_unclosed(piece);
    const bool transparent = top().transparent;
    ClosedBlock closed{.opener = top().opener,
                       .block = top().block,
                       .indent = top().indent,
                       .silent = top().silent,
                       .kept = top().statement.keyword != nullptr,
                       .brace = piece.place,
                       .deeper_brace = piece.leads_line && piece.indent > top().indent};
    pop();
    top().last_closed.reset();
    if (transparent) return;
    if (closed.deeper_brace && !top().early) top().early = closed;
    top().last_closed = std::move(closed);
  }

  // True: by its indentation this `}` ends something else than the innermost open block: a line
  // that has lost its `{`, or a block that a `}` too many has ended before. Only where there are
  // more `}` than `{`: some people indent every `}` deeper than the line that opens the block.
  bool closes_other(const Piece& piece) {
    const bool at_root = frames_.size() == 1;
    if (!piece.leads_line || (!at_root && piece.indent <= top().indent)) return false;
    auto& lost = top().lost_braces;
    const auto found = std::find_if(lost.rbegin(), lost.rend(),
                                    [&](const auto& one) { return one.second == piece.indent; });
    auto& early = top().early;
    const bool is_early = early && early->indent == piece.indent;
    if ((found == lost.rend() && !is_early) || !has_more_closed(piece.place.file)) return false;
    if (found != lost.rend()) {
      --more_closed(piece.place.file);
      report_missing_brace(found->first);
      lost.erase(std::prev(found.base()), lost.end());
    } else if (early) {
      report_stray_brace(early->brace);
      early.reset();
    }
    return true;
  }

  int64_t& more_closed(uint32_t file) {
    const auto [known, is_new] = more_closed_.emplace(file, 0);
    if (is_new && sources_ != nullptr) known->second = surplus_of_closed(sources_->file(file));
    return known->second;
  }
  bool has_more_closed(uint32_t file) { return more_closed(file) > 0; }

  void report_stray_brace(Place place) {
    --more_closed(place.file);
    // The `{` stood in a line with a blank to fill in.
    if (templates_.contains(place.file)) return;
    diagnostics_.report<kStrayBrace>(place).help("remove it");
  }

  // A `}` that lines up with an outer block hints at a block that was left open, but is no
  // mistake by itself.
  void suspect_unclosed(const Piece& piece) {
    if (!piece.leads_line || piece.indent >= top().indent) return;
    for (size_t i = frames_.size() - 1; i > 1; --i) {
      Frame& outer = frames_[i - 1];
      if (outer.indent != piece.indent) continue;
      if (!outer.suspect) outer.suspect = top().suspect.value_or(top().opener);
      return;
    }
  }

  // Before a statement: has a `}` been lost, or was there one too many?
  void mend_braces(const Piece& piece, const std::string& word, bool brace_next) {
    const bool fits = grammar_.find(top().block, word) != nullptr;
    if (fits && !info(top().block).is_list && !fits_closed_block(piece, word)) return;
    reopen_closed_too_early(piece, word);
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

  // `track_file` may stand in a file and in an instance.
  bool fits_closed_block(const Piece& piece, const std::string& word) {
    const auto& last = top().last_closed;
    return last && last->kept && frames_.size() == 1 && piece.leads_line &&
           piece.indent > last->indent && grammar_.find(last->block, word) != nullptr &&
           !info(last->block).is_list && has_more_closed(piece.place.file);
  }

  void reopen_closed_too_early(const Piece& piece, const std::string& word) {
    const auto& last = top().last_closed;
    if (!last || info(top().block).is_list || info(last->block).is_list) return;
    if (grammar_.find(top().block, word) != nullptr && !fits_closed_block(piece, word)) return;
    const bool by_keyword = last->kept && grammar_.find(last->block, word) != nullptr;
    const bool by_indentation = !last->kept && last->deeper_brace && piece.leads_line &&
                                piece.indent > last->indent && frames_.size() == 1;
    if (!by_keyword && !by_indentation) return;
    auto& children = top().statement.children;
    if (last->kept &&
        (children.empty() || children.back().place().line != last->opener.place.line)) {
      return;
    }
    Frame frame;
    frame.opener = last->opener;
    frame.block = last->block;
    frame.indent = last->indent;
    frame.silent = last->silent;
    frame.excused = true;
    --more_closed(last->brace.file);
    diagnostics_.report<kEarlyBrace>(last->brace, last->opener.name)
        .also(last->opener.place, "the block opened here")
        .help("remove this `}`");
    if (last->kept) {
      frame.statement = std::move(children.back());
      children.pop_back();
    }
    top().last_closed.reset();
    top().early.reset();
    frames_.push_back(std::move(frame));
  }

  // The blocks from this depth on have no `}`.
  void abandon(size_t depth) {
    Diagnostic* first = nullptr;
    for (size_t i = depth; i < frames_.size(); ++i) {
      Frame& frame = frames_[i];
      frame.statement.unclosed = true;
      if (frame.excused || templates_.contains(frame.opener.place.file)) continue;
      const Opener& opener = frame.suspect ? *frame.suspect : frame.opener;
      // Who has lost the end of a file has lost it once.
      if (first != nullptr) {
        first->also(opener.place, "nor is this one");
        continue;
      }
      first = &diagnostics_.report<kUnclosedBlock>(opener.place, opener.name)
                   .mark("opened here")
                   .help("write the missing `}`");
    }
    while (frames_.size() > depth) pop();
  }

  Preprocessor& lines_;
  const Grammar& grammar_;
  Diagnostics& diagnostics_;
  const TakeStatement& take_;
  KeywordReports reports_;
  const Sources* sources_;
  std::map<uint32_t, int64_t> more_closed_;  // of each file: `}` that nothing accounts for
  std::vector<Frame> frames_;
  std::optional<Frame> pending_;  // a statement that may still get its `{`
  enum class Merge : uint8_t { kNone, kOurs, kTheirs };
  Merge merge_ = Merge::kNone;
  std::set<uint32_t> templates_;  // files with blanks to fill in
  std::set<uint32_t> slashes_;    // files with comments of another language
  size_t beyond_ = 0;             // open braces beyond kNestingMax
};

}  // namespace

std::vector<std::string> parse(Preprocessor& lines, const Grammar& grammar,
                               Diagnostics& diagnostics, const TakeStatement& take, Unknown unknown,
                               const Sources* sources) {
  return Parser(lines, grammar, diagnostics, take, unknown, sources).run();
}

}  // namespace holdfast::config
