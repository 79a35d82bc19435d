// The lines of a configuration as keepalived's keywords see them: the named file's and those of the
// files that it includes, conditions decided, names replaced, sequences written out.
//
// A line goes through these steps: comments and continuations (the lexer's), `@id`, a definition,
// `~SEQ` and `~LST`, `include`, names replaced by their values; then, if that made the line
// something else, the steps again. A block of lines and what a sequence repeats go through all of
// them line by line. Nothing is written out before it is asked for.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "config/definitions.h"
#include "config/diagnostics.h"
#include "config/file_access.h"
#include "config/include.h"
#include "config/left_out.h"
#include "config/lexer.h"
#include "config/sequences.h"
#include "config/source.h"

namespace holdfast::config {

// All files of one configuration.
constexpr size_t kTextBytesMax = 8UL << 20U;

struct PreprocessorOptions {
  FileAccess* files = nullptr;          // none: nothing can be included
  std::string config_id = "localhost";  // for `@id` and ${_INSTANCE}
  // For ${_ENV NAME}.
  std::function<std::optional<std::string>(const std::string&)> environment;
  ExpansionLimits limits;
};

class Preprocessor {
 public:
  // Reads file 0 of `sources`. All must outlive the preprocessor.
  Preprocessor(Sources& sources, Diagnostics& diagnostics, PreprocessorOptions options = {});
  Preprocessor(const Preprocessor&) = delete;
  Preprocessor& operator=(const Preprocessor&) = delete;

  // The pieces of the next line that has any; empty at the end.
  std::vector<Piece> next_line();

  // A limit was reached: there would be more lines.
  bool stopped() const { return budget_.is_exhausted(); }
  // There is an error that the diagnostics do not know yet.
  void earn_no_more() { budget_.earn_no_more(); }
  // Of all that decided what the lines are: every text, the environment, the configuration id.
  uint64_t fingerprint() const;

 private:
  struct OpenFile {
    Lexer lexer;
    uint32_t number;  // in Sources
    std::string identity;
    IncludeChecks checks;
    uint32_t indent;
  };
  struct Matches {
    std::vector<std::string> paths;
    size_t next;
    Place at;
    IncludeChecks checks;
    uint32_t indent;
  };
  struct Block {
    DefinitionPointer definition;
    size_t next;
    uint32_t expansion;
    uint32_t indent;
  };
  struct Repeat {
    Sequence sequence;
    uint64_t next;
    Line line;  // what stands behind the sequence
    Place at;
    std::string what;
  };
  using Frame = std::variant<OpenFile, Matches, Block, Repeat>;

  // Counts the blocks that expanding has made.
  void count(const std::vector<Piece>& pieces);
  void earn();
  void report_rest();
  void forget_details(uint32_t expansion);

  std::optional<Line> take();
  std::optional<Line> take(OpenFile& file);
  std::optional<Line> take(Block& block);
  std::optional<Line> take(Repeat& repeat);
  void open_next();

  // None: it is no line for a keyword.
  std::optional<Line> process(Line line);
  bool begins_something(Line& line);
  bool meets_condition(Line& line);
  bool refuse_definition(const Line& line, size_t at);
  void define(const DefinitionHead& head, const Line& line);
  void repeat(const SequenceText& text, const Line& line);
  void enter_block(const Substituted& result, uint32_t indent);
  std::optional<Line> replace_names(const Line& line);
  void notice(const Line& line);
  bool is_nested_too_deep(Place place);

  void include(const IncludeLine& line, uint32_t indent);
  std::optional<std::vector<std::string>> alternatives_of(const IncludeLine& line);
  bool find_matches(const IncludeLine& line, IncludeChecks checks, Matches& matches);
  void report_missing(const IncludeLine& line, const std::string& name, bool error);
  void open(const std::string& path, const Matches& matches);
  void report_skipped(const std::string& path, const IncludedFile& file, const Matches& matches);
  bool includes_itself(const std::string& path, const std::string& identity, Place at);
  OpenFile& innermost();
  std::vector<DefinitionPointer> active_blocks() const;

  Sources& sources_;
  Diagnostics& diagnostics_;
  PreprocessorOptions options_;
  Budget budget_;
  Definitions definitions_;
  BuiltIns built_ins_;
  std::vector<Frame> frames_;  // the innermost last
  size_t files_depth_ = 0;
  size_t blocks_depth_ = 0;
  size_t statements_ = 0;        // expanded ones of the block at the root that is being read
  size_t whole_statements_ = 0;  // of such blocks that the line ended
  size_t bytes_left_ = 0;
  size_t patterns_left_ = kPatternsMax;
  std::set<std::string> opened_;  // identities
  std::string fingerprints_;      // of the files included, in their order
  bool used_id_ = false;
  LeftOutBlocks left_out_;
  bool by_condition_ = false;  // the line at hand has been kept by one
  // Expansions of the last repetitions outside of blocks, and how much had been said then.
  uint32_t repetition_ = 0;
  uint32_t repetition_before_ = 0;
  size_t said_before_ = 0;
  bool was_silent_ = false;
};

}  // namespace holdfast::config
