// Files that are read whole.
#pragma once

#include <cstddef>
#include <string>

#include "common/error.h"

namespace holdfast {

// Until the end, or until there are more than `most` bytes, so that a caller sees that there are.
Result<std::string> read_up_to(int fd, size_t most);

}  // namespace holdfast
