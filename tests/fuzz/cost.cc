// The processor time and the memory that each file of the directories costs, the dearest first:
//   build/release/tests/fuzz/cost tests/fuzz/corpus/*
// Each is compiled, checked and printed in a process of its own, as `holdfast` does it.
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/compile.h"
#include "config/format.h"
#include "config/lint_script_text.h"
#include "tests/fuzz/input.h"

namespace {

namespace config = holdfast::config;
constexpr size_t kShown = 10;

struct Cost {
  std::chrono::microseconds time{};
  long peak_kib = 0;
  std::string what;
};

// None of our code runs in the child but `work`.
Cost cost_of(std::string what, const std::function<void()>& work) {
  const pid_t child = fork();
  if (child == 0) {
    work();
    _exit(0);
  }
  rusage usage{};
  int status = 0;
  if (child < 0 || wait4(child, &status, 0, &usage) != child || status != 0) what += " FAILED";
  const auto micros = [](const timeval& time) {
    return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
  };
  return {.time = micros(usage.ru_utime) + micros(usage.ru_stime),
          .peak_kib = usage.ru_maxrss,
          .what = std::move(what)};
}

// With the limits that a user has, not the fuzzer's.
void compile(std::string_view bytes) {
  holdfast::fuzz::Input input(bytes);
  auto options = input.options();
  options.text.limits = {};
  options.keep_model = false;
  config::compile(std::string(input.text()), "fuzz.conf", options);
}

void read_script(std::string_view bytes) {
  config::deeds_of(bytes);
  config::finds_itself(bytes, "check");
  config::always_passes(bytes, true);
  config::may_wait(bytes);
  config::bashism_of(bytes);
}

void print_worst(std::vector<Cost>& costs, std::string_view by, auto key) {
  std::ranges::sort(costs, std::ranges::greater{}, key);
  fmt::print("by {}:\n", by);
  for (const Cost& cost : std::span(costs).first(std::min(kShown, costs.size()))) {
    fmt::print("{:8.1f} ms {:8.1f} MiB  {}\n", static_cast<double>(cost.time.count()) / 1e3,
               static_cast<double>(cost.peak_kib) / 1024, cost.what);
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<Cost> costs;
  for (const char* directory : std::span(argv, static_cast<size_t>(argc)).subspan(1)) {
    for (const auto& entry : std::filesystem::directory_iterator(directory)) {
      std::ifstream file(entry.path(), std::ios::binary);
      const std::string text(std::istreambuf_iterator<char>(file), {});
      const std::string name = entry.path().filename().string();
      costs.push_back(cost_of("compile " + name, [&] { compile(text); }));
      costs.push_back(cost_of("format " + name, [&] { config::format(text, "fuzz.conf"); }));
      costs.push_back(cost_of("script " + name, [&] { read_script(text); }));
    }
  }
  print_worst(costs, "time", &Cost::time);
  print_worst(costs, "memory", &Cost::peak_kib);
  return costs.empty() ? 1 : 0;
}
