// The seccomp filters of confine(). See seccomp(2), libseccomp's seccomp_init(3). What all
// processes need stands here; what one needs beyond it, and what scripts may not do, stands with
// those.
#pragma once

#include <seccomp.h>

#include <cstdint>
#include <initializer_list>
#include <vector>

#include "common/error.h"

namespace holdfast {

class Filter {
 public:
  // What is done with a call that no rule names.
  explicit Filter(uint32_t otherwise) : context_(seccomp_init(otherwise)) {}
  ~Filter() { seccomp_release(context_); }
  Filter(const Filter&) = delete;
  Filter& operator=(const Filter&) = delete;

  // All `arguments` must match. A name that this architecture does not have is no error: it cannot
  // be called either.
  void rule(uint32_t action, std::initializer_list<const char*> names,
            const std::vector<scmp_arg_cmp>& arguments = {});
  Result<void> load();
  // The program that load() would hand to the kernel: instructions of struct sock_filter.
  Result<void> write(int fd);

 private:
  scmp_filter_ctx context_;
  int error_ = 0;
};

scmp_arg_cmp argument_is(unsigned index, uint64_t value, uint64_t mask = UINT64_MAX);

// What an event loop on sockets, a protobuf parser and the C library need, and reading files.
void allow_base(Filter& filter);
void allow_unix_sockets(Filter& filter);

}  // namespace holdfast
