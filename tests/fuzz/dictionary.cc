// Prints libFuzzer's dictionary: the words of the keyword table, and what the preprocessor knows.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <set>
#include <string>
#include <string_view>

#include "config/keyword.h"

namespace {

using holdfast::config::Argument;
using holdfast::config::Option;

class Dictionary {
 public:
  void add(std::string_view word) {
    if (!word.empty()) words_.emplace(word);
  }

  void add(const Argument& argument) {
    for (const std::string_view choice : argument.choices) add(choice);
    if (argument.options == nullptr) return;
    for (const Option& option : argument.options->list) {
      add(option.name);
      for (const std::string_view choice : option.first.choices) add(choice);
    }
  }

  void print() const {
    for (const std::string& word : words_) {
      std::string quoted;
      for (const char c : word) quoted += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
      fmt::print("\"{}\"\n", quoted);
    }
  }

 private:
  std::set<std::string> words_;
};

}  // namespace

int main() {
  constexpr auto kPreprocessor =
      std::to_array<std::string_view>({"~SEQ(i, 1, 3)", "~SEQx(",       "~LST({a,b},{1,2})",
                                       "~LST(",         "${",           "${_PWD}",
                                       "${_INSTANCE}",  "${_ENV HOME}", "${_RANDOM 1 5}",
                                       "${_HASH}",      "${_BANG}",     "$A=",
                                       "$A ",           "${A}",         "\\\n",
                                       "@localhost ",   "@^id ",        "\n==> b\n",
                                       "include b\n",   "includem ",    "{\n",
                                       "\n}\n",         "\xc2\xa0",     "\r\n",
                                       "192.0.2.1/24"});
  Dictionary dictionary;
  for (const std::string_view word : kPreprocessor) dictionary.add(word);
  for (const auto& keyword : holdfast::config::all_keywords()) {
    dictionary.add(keyword.name);
    dictionary.add(keyword.otherwise);
    for (const Argument& argument : keyword.takes) dictionary.add(argument);
    if (!keyword.example.empty()) dictionary.add(keyword.example);
  }
  dictionary.print();
  return 0;
}
