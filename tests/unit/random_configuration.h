// Random statements that the grammar allows, and random ways to write them down.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "config/keyword.h"

namespace holdfast::config {

struct RandomStatement {
  const Keyword* keyword = nullptr;
  std::vector<std::string> words;  // as the parser shall see them
  std::vector<RandomStatement> children;
};

// Its words are those of tokenizer B.
inline bool is_script_line(const Keyword& keyword) {
  for (const Argument& argument : keyword.takes) {
    if (argument.escaped || argument.kind == Argument::Kind::kCommand) return true;
  }
  return false;
}

class RandomConfiguration {
 public:
  RandomConfiguration(const Grammar& grammar, uint32_t seed) : grammar_(grammar), random_(seed) {}

  std::vector<RandomStatement> statements() { return block(Block::kRoot, 0); }

  std::string text(const std::vector<RandomStatement>& statements) {
    out_ = chance(10) ? "\xef\xbb\xbf" : "";
    line_end_ = chance(4) ? "\r\n" : "\n";
    for (const RandomStatement& one : statements) write(one);
    if (chance(2)) out_ += line_end_;
    return out_;
  }

 private:
  uint32_t below(uint32_t most) { return std::uniform_int_distribution(0U, most - 1)(random_); }
  bool chance(uint32_t one_in) { return below(one_in) == 0; }
  template <size_t kSize>
  const char* one_of(const char* const (&choices)[kSize]) {
    return choices[below(kSize)];
  }

  // ---- what is said --------------------------------------------------------------------------
  std::vector<RandomStatement> block(Block where, int depth) {
    std::vector<const Keyword*> rows;
    for (const Keyword& row : grammar_.rows()) {
      // What an `include` names is read before there are statements.
      if (row.name.starts_with("include") && row.name != "include_check") continue;
      if (row.where == where && row.support == Support::kYes) rows.push_back(&row);
    }
    std::vector<RandomStatement> result;
    if (rows.empty()) return result;
    for (uint32_t count = below(depth == 0 ? 4 : 6); count > 0; --count) {
      result.push_back(statement(*rows[below(static_cast<uint32_t>(rows.size()))], depth));
    }
    return result;
  }

  RandomStatement statement(const Keyword& keyword, int depth) {
    RandomStatement result{.keyword = &keyword, .words = {}, .children = {}};
    // An item must not look like a keyword of the blocks around it.
    result.words.push_back(keyword.name.empty() ? "7" + letters() : std::string(keyword.name));
    const bool script = is_script_line(keyword);
    for (uint32_t count = below(4); count > 0; --count) {
      result.words.push_back(script ? script_word() : plain_word());
    }
    if (keyword.opens != Block::kNone) result.children = block(keyword.opens, depth + 1);
    return result;
  }

  std::string letters() {
    std::string word;
    for (uint32_t count = below(6) + 1; count > 0; --count) {
      word += "abcxyz0129./:_-,=+"[below(18)];
    }
    return word;
  }

  std::string plain_word() {
    std::string word = letters();
    while (chance(3)) {
      word += one_of({"'", " ", "  ", "#", "!", "{", "}", "\t", "\xc3\xa9", "\xc2\xa0", ";", "|"});
      if (chance(2)) word += letters();
    }
    return chance(20) ? "" : word;
  }

  std::string script_word() {
    std::string word = plain_word();
    while (chance(4))
      word += one_of({"\"", "'", "\\", "\n", "[[ -f /x ]]", " && ", "\a"}) + letters();
    return word;
  }

  // ---- how it is written ---------------------------------------------------------------------
  void write(const RandomStatement& statement) {
    indent();
    write_words(statement);
    if (statement.keyword->opens == Block::kNone) return end_line();
    out_ += one_of({" {", "{", "\t{", "  {"});
    if (chance(4)) {
      out_.pop_back();
      end_line();
      indent();
      out_ += '{';
    }
    const bool in_one_line = chance(5) && statement.children.size() == 1 &&
                             statement.children[0].keyword->opens == Block::kNone;
    if (in_one_line) {
      out_ += one_of({" ", ""});
      write_words(statement.children[0]);
      out_ += one_of({" }", "}"});
      return end_line();
    }
    // What follows a brace may stand in its line.
    if (!chance(6) || statement.children.empty()) end_line();
    for (const RandomStatement& child : statement.children) write(child);
    indent();
    out_ += '}';
    if (!chance(6)) end_line();
  }

  void indent() { out_ += one_of({"", "    ", "\t", "  ", "        "}); }

  void end_line() {
    if (chance(6)) out_ += one_of({" # why", "\t! \"why", "  #{", " # ends \\", " #"});
    out_ += line_end_;
    while (chance(5)) {
      out_ += one_of({"", "   ", "# a comment", "\t! it's { one", "  # \"", "    # \xe9 \xc2\xa0"});
      out_ += line_end_;
    }
  }

  void separate() {
    const uint32_t kind = below(12);
    if (kind == 0) {
      out_ += std::string(one_of({" ", "\t ", ""})) + "\\" + line_end_ + one_of({" ", "\t\t"});
    } else {
      out_ += one_of({" ", " ", " ", "  ", "\t", "\xc2\xa0", " \v", "   "});
    }
  }

  void write_words(const RandomStatement& statement) {
    const bool script = is_script_line(*statement.keyword);
    out_ += statement.words[0];
    bool quoted_before = false;
    for (size_t i = 1; i < statement.words.size(); ++i) {
      const std::string& word = statement.words[i];
      const bool quoted = !script && (needs_quotes(word) || chance(4));
      // A quote ends a word of tokenizer A: nothing need stand between.
      const bool glued = !script && (quoted || quoted_before) && chance(5);
      if (!glued) separate();
      if (script) {
        write_script_word(word);
      } else if (quoted) {
        out_ += '"' + word + '"';
      } else {
        write_bare(word);
      }
      quoted_before = quoted;
    }
  }

  static bool needs_quotes(const std::string& word) {
    return word.empty() || word.find_first_of(" \t{}") != std::string::npos ||
           word.find("\xc2\xa0") != std::string::npos ||
           word.starts_with("//");  // it would be taken for a comment
  }

  void write_bare(const std::string& word) {
    for (size_t i = 0; i < word.size(); ++i) {
      if (word[i] == '#' || word[i] == '!') out_ += '\\';
      out_ += word[i];
      if (i + 1 < word.size() && chance(40)) out_ += "\\" + line_end_;
    }
  }

  // Tokenizer B: parts with and without quotes, without space between them.
  void write_script_word(const std::string& word) {
    if (word.empty()) out_ += one_of({"\"\"", "''"});
    for (size_t at = 0; at < word.size();) {
      const size_t size = chance(2) ? word.size() - at : below(4) + 1U;
      // No part may begin inside a character.
      size_t end = std::min(word.size(), at + size);
      while (end < word.size() && (static_cast<unsigned char>(word[end]) & 0xc0U) == 0x80) ++end;
      write_part(word.substr(at, end - at), end == word.size());
      at = end;
    }
  }

  void write_part(const std::string& part, bool last) {
    const bool braces =
        part.find_first_of("{}") != std::string::npos || part.find("\xc2\xa0") != std::string::npos;
    const bool single = !braces && part.find_first_of("#!\"") == std::string::npos && chance(3);
    const bool bare = !braces && !single && chance(2) && !(last && part.ends_with(' ')) &&
                      !(last && part.ends_with('\t'));
    const char quote = bare ? '\0' : single ? '\'' : '"';
    if (!bare) out_ += quote;
    for (const char c : part) {
      if (c == '\n') {
        out_ += one_of({"\\n", "\\012", "\\x0a"});
      } else if (c == '\a') {
        out_ += "\\a";
      } else {
        const bool special =
            bare ? std::string_view(" \t'\"\\#!").contains(c) : c == quote || c == '\\';
        if (special) out_ += '\\';
        out_ += c;
      }
    }
    if (!bare) out_ += quote;
  }

  const Grammar& grammar_;
  std::mt19937 random_;
  std::string out_;
  std::string line_end_;
};

}  // namespace holdfast::config
