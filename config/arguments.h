// The arguments of one statement, read by their types.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "config/diagnostics.h"
#include "config/keyword.h"

namespace holdfast::config {

struct Arguments {
  std::vector<Value> values;  // one for each of keyword.takes, defaults where there is none
  bool ok = true;             // false: something was reported
};
Arguments read_arguments(const Statement& statement, Diagnostics& diagnostics);

// Reads a word as the kind of the argument says; `name` is for messages. False: it was reported.
bool read_word(const Argument& argument, const Word& word, std::string_view name,
               Diagnostics& diagnostics, Value& value);
// The words from `first` on by the table; nothing after an error.
std::optional<std::vector<FoundOption>> read_options(const Statement& statement, size_t first,
                                                     const Options& options,
                                                     Diagnostics& diagnostics);

bool is_user_name(std::string_view text);
// Decimal digits with an optional sign, and nothing around them. Values that do not fit become the
// nearest that does.
std::optional<int64_t> whole_number(std::string_view text);
// Seconds with up to six decimals, as microseconds.
std::optional<int64_t> micros(std::string_view text);
bool is_interface_name(std::string_view text);

// Reports and returns nothing if the word is no IPv4 address.
std::optional<Ipv4> read_address(const Word& word, std::string_view text, std::string_view what,
                                 Diagnostics& diagnostics);
bool check_interface(const Word& word, Diagnostics& diagnostics);

}  // namespace holdfast::config
