// The seccomp filters behind confine(). See seccomp(2), libseccomp's seccomp_init(3).
#pragma once

#include "common/error.h"
#include "common/privilege.h"

namespace holdfast {

Result<void> limit_system_calls(SystemCalls set);

}  // namespace holdfast
