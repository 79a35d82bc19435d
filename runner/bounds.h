// Bounds of what runner and askers say to each other (proto/runner.proto).
#pragma once

#include <cstddef>
#include <cstdint>

namespace holdfast::runner {

constexpr size_t kRequestBytesMax = 256;
constexpr size_t kReasonBytesMax = 512;
constexpr uint32_t kCodeMax = 255;      // exit status or signal
constexpr uint32_t kPriorityMax = 255;  // of a router
constexpr size_t kRunsMax = 256;        // under way on one connection

}  // namespace holdfast::runner
