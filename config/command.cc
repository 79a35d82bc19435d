#include "config/command.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "config/lexer.h"
#include "config/words.h"

namespace holdfast::config {
namespace {

bool ends_word(char c) {
  return is_blank(c) || c == '\n';
}

bool is_name_character(char c) {
  return c == '_' || std::isalnum(static_cast<unsigned char>(c)) != 0;
}

// `http://host/?a=1&b=2`: nobody who writes that asks for a pattern or a background command.
void hide_query_strings(std::string& bare) {
  for (size_t at = bare.find("://"); at != std::string::npos; at = bare.find("://", at)) {
    for (; at < bare.size() && !ends_word(bare[at]); ++at) {
      const bool last = at + 1 == bare.size() || ends_word(bare[at + 1]);
      if (bare[at] == '?' || bare[at] == '*' || (bare[at] == '&' && !last)) bare[at] = '_';
    }
  }
}

struct Sign {
  std::string_view text;
  std::string_view reason;
};

constexpr std::array kBashSigns = std::to_array<Sign>({
    {"/dev/tcp/", "`/dev/tcp` is bash"},
    {"/dev/udp/", "`/dev/udp` is bash"},
    {"[[", "`[[ ]]` is bash"},
    {"=~", "`=~` is bash"},
    {"<(", "`<( )` is bash"},
    {">(", "`>( )` is bash"},
    {"<<<", "`<<<` is bash"},
    {"&>", "`&>` is bash"},
    {"|&", "`|&` is bash"},
    {"$'", "`$' '` is bash"},
    {"=(", "an array is bash"},
});

constexpr std::array<std::string_view, 10> kBashWords = {
    "function", "source",  "declare",   "typeset", "let",
    "shopt",    "mapfile", "readarray", "pushd",   "popd"};

constexpr std::array<std::string_view, 19> kShellWords = {
    "!",    "exit", "if",     "for", "while",  "until", "case", ":",    ".",     "cd",
    "exec", "eval", "export", "set", "ulimit", "umask", "trap", "wait", "return"};

constexpr std::array kOperators = std::to_array<Sign>({
    {"&&", "`&&` is a shell operator"},
    {"||", "`||` is a shell operator"},
    {"|", "`|` is a shell operator"},
    {"&", "`&` is a shell operator"},
    {";", "`;` is a shell operator"},
    {"<", "`<` is a redirection"},
    {">", "`>` is a redirection"},
    {"`", "the backquote is a command substitution"},
    {"$(", "`$( )` is a command substitution"},
    {"$", "`$` is an expansion"},
    {"*", "`*` is a file name pattern"},
    {"?", "`?` is a file name pattern"},
    {"(", "`( )` is a subshell"},
    {"\n", "it has several lines"},
});

std::string_view first_sign(std::string_view text, const auto& signs) {
  for (const Sign& sign : signs) {
    if (text.find(sign.text) != std::string_view::npos) return sign.reason;
  }
  return {};
}

std::vector<std::string_view> shell_words(std::string_view text) {
  return words_of(text, [](char c) {
    return ends_word(c) || c == ';' || c == '|' || c == '&' || c == '(' || c == ')' || c == '`';
  });
}

// The first word of each simple command.
std::vector<std::string_view> command_names(std::string_view bare) {
  constexpr std::string_view kEnds = "\n;|&(";
  constexpr std::array<std::string_view, 8> kBefore = {"!",  "if",    "then",  "else",
                                                       "do", "while", "until", "{"};
  std::vector<std::string_view> names;
  while (!bare.empty()) {
    const size_t end = std::min(bare.find_first_of(kEnds), bare.size());
    for (const auto word : shell_words(bare.substr(0, end))) {
      if (std::ranges::find(kBefore, word) != kBefore.end()) continue;
      names.push_back(word);
      break;
    }
    bare.remove_prefix(std::min(end + 1, bare.size()));
  }
  return names;
}

// `[ a == b ]`: POSIX test knows `=` alone.
bool has_double_equals(std::string_view bare) {
  const auto words = shell_words(bare);
  const auto has = [&](std::string_view word) {
    return std::ranges::find(words, word) != words.end();
  };
  return has("==") && (has("[") || has("test"));
}

// `$(( ))` is POSIX.
bool has_arithmetic_command(std::string_view bare) {
  for (size_t at = bare.find("(("); at != std::string_view::npos; at = bare.find("((", at + 2)) {
    if (at == 0 || bare[at - 1] != '$') return true;
  }
  return false;
}

bool has_brace_expansion(std::string_view bare) {
  for (const auto word : shell_words(bare)) {
    const size_t open = word.find('{');
    if (open == std::string_view::npos || (open > 0 && word[open - 1] == '$')) continue;
    const size_t comma = word.find(',', open);
    if (comma != std::string_view::npos && word.find('}', comma) != std::string_view::npos) {
      return true;
    }
  }
  return false;
}

bool is_assignment(std::string_view word) {
  const size_t equals = word.find('=');
  if (equals == 0 || equals == std::string_view::npos) return false;
  return std::ranges::all_of(word.substr(0, equals), is_name_character) &&
         std::isdigit(static_cast<unsigned char>(word[0])) == 0;
}

std::string sh_reason(std::string_view bare) {
  if (const auto reason = first_sign(bare, kOperators); !reason.empty()) {
    return std::string(reason);
  }
  const auto words = shell_words(bare);
  if (words.empty()) return {};
  const std::string_view first = words.front();
  if (std::ranges::find(kShellWords, first) != kShellWords.end()) {
    return fmt::format("`{}` is a command of the shell", first);
  }
  if (is_assignment(first)) return "it begins with an assignment";
  for (const auto word : words) {
    if (word.starts_with('~')) return "`~` is an expansion";
    const size_t open = word.find('[');
    if (open != std::string_view::npos && word.find(']', open + 2) != std::string_view::npos) {
      return "`[ ]` is a file name pattern";
    }
  }
  return {};
}

// ---- signal 0

bool is_signal_sender(std::string_view word) {
  const size_t slash = word.rfind('/');
  if (slash != std::string_view::npos) word.remove_prefix(slash + 1);
  return word == "kill" || word == "killall" || word == "pkill" || word == "skill";
}

bool is_zero(std::string_view word) {
  return word == "0" || word == "\"0\"" || word == "'0'";
}

// One simple command behind its `kill`.
bool options_say_zero(std::string_view rest) {
  const auto words = shell_words(rest);
  for (size_t i = 0; i < words.size(); ++i) {
    const auto word = words[i];
    if (word == "-0" || word == "-s0" || word == "-n0" || word == "--signal=0") return true;
    const bool takes_number = word == "-s" || word == "-n" || word == "--signal";
    if (takes_number && i + 1 < words.size() && is_zero(words[i + 1])) return true;
  }
  return false;
}

bool command_says_zero(std::string_view command) {
  const auto words = shell_words(command);
  const auto sender = std::ranges::find_if(words, is_signal_sender);
  if (sender == words.end()) return false;
  const auto behind = static_cast<size_t>(sender->data() + sender->size() - command.data());
  return options_say_zero(command.substr(behind));
}

// `os.kill(pid, 0)` of Python, and `kill(pid, 0)` of others.
bool call_says_zero(std::string_view line) {
  for (size_t at = line.find("kill("); at != std::string_view::npos;
       at = line.find("kill(", at + 1)) {
    const size_t close = line.find(')', at);
    if (close == std::string_view::npos) return false;
    std::string_view arguments = line.substr(at + 5, close - at - 5);
    while (!arguments.empty() && is_blank(arguments.back())) arguments.remove_suffix(1);
    const size_t comma = arguments.rfind(',');
    if (comma == std::string_view::npos) continue;
    std::string_view last = arguments.substr(comma + 1);
    while (!last.empty() && is_blank(last.front())) last.remove_prefix(1);
    if (is_zero(last)) return true;
  }
  return false;
}

bool text_says_zero(std::string_view text) {
  constexpr std::string_view kEnds = "\n;|&";
  while (!text.empty()) {
    const size_t end = std::min(text.find_first_of(kEnds), text.size());
    const auto part = text.substr(0, end);
    if (command_says_zero(part) || call_says_zero(part)) return true;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return false;
}

}  // namespace

std::string unquoted_part(std::string_view text) {
  std::string out;
  char quote = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\' && quote != '\'' && i + 1 < text.size()) {
      out += "__";
      ++i;
    } else if (quote != 0) {
      const bool expands = quote == '"' && (c == '$' || c == '`');
      if (c == quote) quote = 0;
      out += expands ? c : '_';
    } else if (c == '\'' || c == '"') {
      quote = c;
      // `$'...'` is a sign of its own.
      out += c == '\'' && out.ends_with('$') ? c : '_';
    } else {
      out += c;
    }
  }
  hide_query_strings(out);
  return out;
}

std::string bash_reason(std::string_view bare) {
  if (const auto reason = first_sign(bare, kBashSigns); !reason.empty()) {
    return std::string(reason);
  }
  if (has_arithmetic_command(bare)) return "`(( ))` is bash";
  for (const auto name : command_names(bare)) {
    if (std::ranges::find(kBashWords, name) != kBashWords.end()) {
      return fmt::format("`{}` is bash", name);
    }
  }
  if (has_double_equals(bare)) return "`==` in a test is bash";
  if (has_brace_expansion(bare)) return "`{a,b}` is bash";
  return {};
}

Command read_command(std::string_view text) {
  Command command;
  command.text = text;
  const std::string bare = unquoted_part(text);
  if (command.reason = bash_reason(bare); !command.reason.empty()) {
    command.runner = Command::Runner::kBash;
    return command;
  }
  if (command.reason = sh_reason(bare); !command.reason.empty()) {
    command.runner = Command::Runner::kSh;
    return command;
  }
  ScriptWords split = split_script(text);
  command.quotes_match = split.ok;
  for (Word& word : split.words) command.argv.push_back(std::move(word.text));
  return command;
}

bool asks_signal_zero(const Command& command, const ReadScript& read_script) {
  if (text_says_zero(command.text)) return true;
  constexpr int kFilesMax = 4;
  int files = 0;
  // The program, or what an interpreter is given.
  for (const auto word : shell_words(command.text)) {
    if (!word.starts_with('/') || !read_script || ++files > kFilesMax) continue;
    const auto content = read_script(std::string(word), kScriptBytesMax);
    const bool binary = content && content->find('\0') != std::string::npos;
    if (content && !binary && text_says_zero(*content)) return true;
  }
  return false;
}

}  // namespace holdfast::config
