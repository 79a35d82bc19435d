#include <systemd/sd-login.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>

#include "cli/audit/proc_text.h"
#include "cli/audit/process_reader.h"
#include "cli/audit/suite_finder.h"

namespace holdfast::cli::audit {

std::vector<Candidate> read_candidates() {
  std::vector<Candidate> all;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", ignored)) {
    const std::string number = entry.path().filename().string();
    Candidate one;
    const auto [end, error] =
        std::from_chars(number.data(), number.data() + number.size(), one.pid);
    if (error != std::errc{} || end != number.data() + number.size()) continue;
    const auto text = read_proc(one.pid, "stat");
    const auto stat = text ? parse_stat(*text) : Result<Stat>(failure("gone"));
    if (!stat) continue;
    one.parent = stat->parent;
    one.started = stat->started;
    one.name = read_proc(one.pid, "comm").value_or("");
    if (one.name.ends_with('\n')) one.name.pop_back();
    const std::string line = read_proc(one.pid, "cmdline").value_or("");
    for (size_t at = 0; at < line.size();) {
      const size_t zero = std::min(line.find('\0', at), line.size());
      one.words.push_back(line.substr(at, zero - at));
      at = zero + 1;
    }
    char* unit = nullptr;
    if (::sd_pid_get_unit(one.pid, &unit) >= 0) one.unit = unit;
    std::free(unit);  // NOLINT(cppcoreguidelines-no-malloc,cppcoreguidelines-owning-memory)
    all.push_back(std::move(one));
  }
  return all;
}

}  // namespace holdfast::cli::audit
