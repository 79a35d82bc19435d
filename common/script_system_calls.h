// The seccomp filter of the processes that run other people's programs, which inherit it: a list of
// what is refused, because no script has any business with it.
#pragma once

#include "common/error.h"

namespace holdfast {

Result<void> limit_scripts();

}  // namespace holdfast
