#include "common/runner_user.h"

#include <algorithm>

namespace holdfast {

bool is_runner_user(std::string_view name) {
  constexpr std::string_view kFirst = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
  constexpr std::string_view kDigits = "0123456789-";
  constexpr size_t kBytesMax = 31;
  const auto fits = [&](char c) {
    return kFirst.find(c) != std::string_view::npos || kDigits.find(c) != std::string_view::npos;
  };
  return !name.empty() && name.size() <= kBytesMax &&
         kFirst.find(name.front()) != std::string_view::npos && std::ranges::all_of(name, fits);
}

}  // namespace holdfast
