// Writes net-helper's seccomp filter: the program that the kernel runs, as lines that main.cc of
// net-helper includes. The build runs it, so the process with privileges links nothing that makes
// filters.
#include <fmt/core.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "common/system_calls.h"

namespace holdfast {
namespace {

Result<void> write_lines() {
  Filter filter(SCMP_ACT_ERRNO(EPERM));
  allow_base(filter);
  allow_unix_sockets(filter);
  filter.rule(SCMP_ACT_ALLOW, {"socket"}, {argument_is(0, AF_INET)});
  filter.rule(SCMP_ACT_ALLOW, {"socket"}, {argument_is(0, AF_PACKET)});
  filter.rule(SCMP_ACT_ALLOW, {"socket"},
              {argument_is(0, AF_NETLINK), argument_is(2, NETLINK_ROUTE)});
  filter.rule(SCMP_ACT_ALLOW, {"bind"});
  std::FILE* file = std::tmpfile();
  if (file == nullptr) return system_failure("a temporary file");
  if (const auto written = filter.write(::fileno(file)); !written) return written;
  std::rewind(file);
  sock_filter step{};
  while (std::fread(&step, sizeof step, 1, file) == 1) {
    fmt::print("{{{:#04x}, {}, {}, {:#x}}},\n", step.code, step.jt, step.jf, step.k);
  }
  static_cast<void>(std::fclose(file));
  return {};
}

}  // namespace
}  // namespace holdfast

int main() {
  const auto done = holdfast::write_lines();
  if (!done) fmt::print(stderr, "{}\n", done.error().text);
  return done ? 0 : 1;
}
