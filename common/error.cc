#include "common/error.h"

#include <cerrno>
#include <system_error>

namespace holdfast {

std::string error_text(int error_number) {
  return std::generic_category().message(error_number);
}

std::unexpected<Error> system_failure(std::string what) {
  const std::string said = error_text(errno);  // first: what follows may change it
  return failure(std::move(what) + ": " + said);
}

}  // namespace holdfast
