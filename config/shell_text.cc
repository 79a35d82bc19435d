#include "config/shell_text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>

#include "config/words.h"

namespace holdfast::config {
namespace {

constexpr char kHidden = '_';

bool ends_command(char c) {
  return c == '\n' || c == ';' || c == '|' || c == '&' || c == '(' || c == ')' || c == '`';
}

// The word that ends the here-document which begins at `<<`.
struct HereDocument {
  std::string_view end;
  bool tabs = false;  // may stand before it
};

class Blanker {
 public:
  explicit Blanker(std::string_view text) : text_(text), out_(text) {}

  std::string run() {
    while (at_ < text_.size()) step();
    return std::move(out_);
  }

 private:
  void step() {
    const char c = text_[at_];
    if (c == '\\' && quote_ != '\'') {
      hide();
      if (at_ < text_.size()) hide();
    } else if (quote_ != 0) {
      if (c == quote_) quote_ = 0;
      const bool expands = c == '$' || c == '`';
      if (quote_ == '"' && expands) {
        ++at_;
      } else {
        hide();
      }
    } else if (c == '\'' || c == '"') {
      quote_ = c;
      if (c == '\'' && at_ > 0 && text_[at_ - 1] == '$') {
        ++at_;  // `$'...'` is a sign of its own
      } else {
        hide();
      }
    } else if (c == '#' && (at_ == 0 || is_blank(text_[at_ - 1]) || ends_command(text_[at_ - 1]))) {
      while (at_ < text_.size() && text_[at_] != '\n') out_[at_++] = ' ';
    } else if (c == '\n') {
      ++at_;
      skip_here_documents();
    } else {
      note_here_document();
      ++at_;
    }
  }

  void hide() { out_[at_++] = kHidden; }

  void note_here_document() {
    if (!text_.substr(at_).starts_with("<<")) return;
    const bool word = text_.substr(at_).starts_with("<<<") || (at_ > 0 && text_[at_ - 1] == '<');
    if (word) return;
    size_t at = at_ + 2;
    HereDocument document;
    document.tabs = at < text_.size() && text_[at] == '-';
    if (document.tabs) ++at;
    while (at < text_.size() && (is_blank(text_[at]) || text_[at] == '\'' || text_[at] == '"'))
      ++at;
    const size_t start = at;
    while (at < text_.size() &&
           (std::isalnum(static_cast<unsigned char>(text_[at])) != 0 || text_[at] == '_')) {
      ++at;
    }
    document.end = text_.substr(start, at - start);
    // `1 << 2` is arithmetic.
    const bool name = !document.end.empty() &&
                      std::isdigit(static_cast<unsigned char>(document.end.front())) == 0;
    if (name) documents_.push_back(document);
  }

  void skip_here_documents() {
    for (const HereDocument& document : documents_) {
      while (at_ < text_.size()) {
        const size_t end = std::min(text_.find('\n', at_), text_.size());
        std::string_view line = text_.substr(at_, end - at_);
        while (document.tabs && line.starts_with('\t')) line.remove_prefix(1);
        while (at_ < end) out_[at_++] = ' ';
        if (at_ < text_.size()) ++at_;
        if (line == document.end) break;
      }
    }
    documents_.clear();
  }

  std::string_view text_;
  std::string out_;
  size_t at_ = 0;
  char quote_ = 0;
  std::vector<HereDocument> documents_;
};

bool is_assignment(std::string_view word) {
  const size_t equals = word.find('=');
  return equals != std::string_view::npos && equals > 0 &&
         std::ranges::all_of(word.substr(0, equals),
                             [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
}

// Words that stand before the command that is meant.
bool is_prefix(std::string_view word) {
  constexpr std::array<std::string_view, 17> kPrefixes = {
      "!", "if",   "then",  "elif", "else", "do",   "while", "until",  "{",
      "}", "time", "nohup", "exec", "env",  "sudo", "doas",  "command"};
  return std::ranges::find(kPrefixes, word) != kPrefixes.end();
}

std::string without_quotes(std::string_view word) {
  std::string result;
  for (size_t at = 0; at < word.size(); ++at) {
    if (word.substr(at).starts_with("\\\n")) {
      ++at;
    } else if (word[at] != '"' && word[at] != '\'') {
      result += word[at];
    }
  }
  return result;
}

// Takes `if`, `sudo -n`, `timeout 5`, `A=b` off the front.
void drop_prefixes(SimpleCommand& command) {
  auto& words = command.words;
  size_t drop = 0;
  bool options = false;
  for (; drop < words.size(); ++drop) {
    const std::string_view word = base_name(words[drop]);
    if (word == "sudo" || word == "doas") {
      command.as_root = options = true;
    } else if (word == "timeout") {
      options = true;
    } else if (options &&
               (word.starts_with('-') || std::isdigit(static_cast<unsigned char>(word[0])) != 0)) {
      continue;
    } else if (!is_prefix(word) && !is_assignment(word)) {
      break;
    }
  }
  words.erase(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(drop));
}

}  // namespace

std::string bare_shell(std::string_view text) {
  return Blanker(text).run();
}

std::string_view base_name(std::string_view path) {
  const size_t slash = path.rfind('/');
  // `dir/` has no name behind its slash.
  return slash == std::string_view::npos || slash + 1 == path.size() ? path
                                                                     : path.substr(slash + 1);
}

std::vector<SimpleCommand> simple_commands(std::string_view text) {
  const std::string bare = bare_shell(text);
  std::vector<SimpleCommand> commands;
  SimpleCommand command;
  std::vector<bool> substitutions;  // for each open parenthesis: is it `$(`?
  size_t open_substitutions = 0;
  bool backquoted = false;
  uint32_t line = 1;
  const auto finish = [&](char end, char next) {
    command.piped = end == '|' && next != '|';
    command.substituted = backquoted || open_substitutions > 0;
    drop_prefixes(command);
    if (!command.words.empty()) commands.push_back(std::move(command));
    command = {};
  };
  for (size_t at = 0; at < bare.size();) {
    const char c = bare[at];
    const char next = at + 1 < bare.size() ? bare[at + 1] : '\0';
    const bool redirects = c == '&' && ((at > 0 && bare[at - 1] == '>') || next == '>');
    if (ends_command(c) && !redirects) {
      finish(c, next);
      if (c == '(') {
        substitutions.push_back(at > 0 && bare[at - 1] == '$');
        if (substitutions.back()) ++open_substitutions;
      }
      if (c == ')' && !substitutions.empty()) {
        if (substitutions.back()) --open_substitutions;
        substitutions.pop_back();
      }
      if (c == '`') backquoted = !backquoted;
      if (c == '\n') ++line;
      at += (c == '|' || c == '&') && next == c ? 2 : 1;
      continue;
    }
    if (is_blank(c) || redirects) {
      ++at;
      continue;
    }
    const size_t start = at;
    while (at < bare.size() && !is_blank(bare[at]) && !ends_command(bare[at])) ++at;
    if (command.words.empty()) {
      command.at = start;
      command.line = line;
    }
    const std::string_view raw = text.substr(start, at - start);
    line += static_cast<uint32_t>(std::ranges::count(raw, '\n'));
    std::string word = without_quotes(raw);
    if (!word.empty() && raw != "$") command.words.push_back(std::move(word));
  }
  finish('\n', '\0');
  return commands;
}

}  // namespace holdfast::config
