// What can fail in normal use returns Result; asserts are for bugs.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace holdfast {

// One sentence for a person: what failed, on what, and what the system said.
struct Error {
  std::string text;
};

template <class T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> failure(std::string text) {
  return std::unexpected<Error>(Error{std::move(text)});
}

// "open /etc/x: No such file or directory", from errno at the call.
std::unexpected<Error> system_failure(std::string what);
std::string error_text(int error_number);

}  // namespace holdfast
