#include "common/error.h"

#include <cerrno>
#include <system_error>

namespace holdfast {

std::string error_text(int error_number) {
  return std::generic_category().message(error_number);
}

std::unexpected<Error> system_failure(std::string what) {
  const int saved = errno;
  what += ": ";
  what += error_text(saved);
  return failure(std::move(what));
}

}  // namespace holdfast
