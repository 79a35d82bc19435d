// What is said of a word that should be a keyword: not supported, unknown, mistyped, or in the
// wrong block. For the parser, which knows the block it stands in.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/diagnostics.h"
#include "config/keyword.h"
#include "config/lexer.h"
#include "config/parser.h"
#include "config/parser_frame.h"

namespace holdfast::config {

class KeywordReports {
 public:
  KeywordReports(const Grammar& grammar, Diagnostics& diagnostics, Unknown unknown)
      : grammar_(grammar), diagnostics_(diagnostics), lenient_(unknown == Unknown::kSkipped) {}

  // Of a block that is not supported its opener tells; a wrong word in it is told all the same.
  // True: it has been told here.
  bool report_support(const Keyword& keyword, Place place, Frame& in);
  // It moves no address, so that the rest can do its work; but somebody's clients are not served.
  void report_not_balanced(const Statement& statement, Place place);
  // Returns the keyword that was meant, so that its absence is not reported too.
  const Keyword* report_unknown(const Piece& piece, Place place, const std::string& word,
                                bool brace_next, Frame& in);
  // `auth type PASS`, `advert_int=1`: the keyword is there, but for one sign.
  bool report_mistyped(const Piece& piece, Place place, const std::string& word, Frame& in);
  // An unknown word, whatever it is.
  Diagnostic& report_word(Place place, std::string_view word, Block block);
  // Something was not read that the block may need.
  void mark_incomplete(Frame& in) const;

  // The keywords that stood in wrong blocks: what the right ones lack.
  std::vector<std::string> take_misplaced() {
    return lenient_ ? std::vector<std::string>{} : std::move(misplaced_);
  }

 private:
  Diagnostic& report_misplaced(Place place, std::string_view word, Block block);
  std::string name_here(Block block, const std::string& word, Block elsewhere) const;
  bool is_lost_id(Place place, const std::string& word, Frame& in);
  void suggest_from_elsewhere(const std::string& word, Diagnostic& diagnostic) const;

  const Grammar& grammar_;
  Diagnostics& diagnostics_;
  bool lenient_;
  std::vector<std::string> misplaced_;
  std::set<std::string_view> told_blocks_;  // of the root, not supported
  size_t searches_ = 0;
  size_t servers_ = 0;
};

}  // namespace holdfast::config
