#include "common/users.h"

#include <fmt/format.h>
#include <pwd.h>

#include <array>
#include <charconv>

namespace holdfast {

Result<uid_t> user_id(const std::string& text) {
  uid_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc{} && end == text.data() + text.size()) return number;
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 4096> buffer{};
  if (::getpwnam_r(text.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 ||
      found == nullptr) {
    return failure(fmt::format("there is no user `{}`", text));
  }
  return entry.pw_uid;
}

}  // namespace holdfast
