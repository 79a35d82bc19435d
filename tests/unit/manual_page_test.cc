// holdfast.conf(5) as it is built.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace holdfast {
namespace {

// What groff has to say about the page: the text itself goes nowhere.
TEST(ManualPage, RendersWithoutAWarning) {
  const char* page = std::getenv("HOLDFAST_MANUAL_PAGE");  // NOLINT(concurrency-mt-unsafe)
  ASSERT_NE(page, nullptr);
  const std::string command = "groff -man -ww -Tutf8 -z '" + std::string(page) + "' 2>&1";
  FILE* pipe = ::popen(command.c_str(), "r");  // NOLINT(cert-env33-c)
  ASSERT_NE(pipe, nullptr);
  std::string said;
  std::array<char, 4096> buffer{};
  while (::fgets(buffer.data(), buffer.size(), pipe) != nullptr) said += buffer.data();
  EXPECT_EQ(::pclose(pipe), 0);
  EXPECT_EQ(said, "");
}

}  // namespace
}  // namespace holdfast
