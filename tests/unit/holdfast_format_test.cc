// `holdfast fmt` and `holdfast diff` as processes: exit statuses, streams, files.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>

#include "source_tree.h"
#include "temporary_directory.h"

namespace holdfast {
namespace {

namespace fs = std::filesystem;

struct Outcome {
  int status;
  std::string output;
};

class HoldfastFormatTest : public testing::Test {
 protected:
  HoldfastFormatTest() {
    const char* program = std::getenv("HOLDFAST");  // NOLINT(concurrency-mt-unsafe)
    program_ = program == nullptr ? "holdfast" : program;
  }

  Outcome run(const std::string& arguments) const {
    Outcome outcome{-1, ""};
    const std::string line = fmt::format("{} {}", program_, arguments);
    FILE* pipe = ::popen(line.c_str(), "r");  // NOLINT(cert-env33-c)
    if (pipe == nullptr) return outcome;
    std::array<char, 4096> buffer{};
    for (size_t size = 1; size > 0;) {
      size = std::fread(buffer.data(), 1, buffer.size(), pipe);
      outcome.output.append(buffer.data(), size);
    }
    outcome.status = WEXITSTATUS(::pclose(pipe));
    return outcome;
  }

  size_t files() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(directory_.path()), {}));
  }

  static std::string seed(int node) {
    return (source_tree() / fmt::format("tests/seed-cluster/node{}.conf", node)).string();
  }

  TemporaryDirectory directory_;
  std::string program_;
};

constexpr const char* kUgly = "a{\nb   c}";
constexpr const char* kPretty = "a {\n    b c\n}\n";

TEST_F(HoldfastFormatTest, PrintsAFileOrStandardInput) {
  const auto file = directory_.write("x.conf", kUgly);
  EXPECT_EQ(run("fmt " + file).output, kPretty);
  EXPECT_EQ(run("fmt - < " + file).output, kPretty);
  EXPECT_EQ(directory_.read("x.conf"), kUgly);
}

TEST_F(HoldfastFormatTest, CheckPrintsNothing) {
  const auto file = directory_.write("x.conf", kUgly);
  const auto ugly = run("fmt --check " + file + " 2>&1");
  EXPECT_EQ(ugly.status, 1);
  EXPECT_EQ(ugly.output, "");
  directory_.write("x.conf", kPretty);
  EXPECT_EQ(run("fmt --check " + file).status, 0);
}

TEST_F(HoldfastFormatTest, ReplacesTheFileAndKeepsItsMode) {
  const auto file = directory_.write("x.conf", kUgly, 0640);
  EXPECT_EQ(run("fmt -i " + file).status, 0);
  EXPECT_EQ(directory_.read("x.conf"), kPretty);
  struct stat status{};
  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0640U);
  EXPECT_EQ(files(), 1U) << "no temporary file stays";
}

TEST_F(HoldfastFormatTest, KeepsTheOwner) {
  if (::geteuid() != 0) return;  // nobody else can give a file away
  const auto file = directory_.write("x.conf", kUgly);
  ASSERT_EQ(::chown(file.c_str(), 12345, 23456), 0);
  EXPECT_EQ(run("fmt -i " + file).status, 0);
  struct stat status{};
  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, 12345U);
  EXPECT_EQ(status.st_gid, 23456U);
}

TEST_F(HoldfastFormatTest, LeavesACanonicalFileAlone) {
  const auto file = directory_.write("x.conf", kPretty);
  struct stat before{};
  struct stat after{};
  ASSERT_EQ(::stat(file.c_str(), &before), 0);
  EXPECT_EQ(run("fmt -i " + file).status, 0);
  ASSERT_EQ(::stat(file.c_str(), &after), 0);
  EXPECT_EQ(before.st_ino, after.st_ino);
}

TEST_F(HoldfastFormatTest, KeepsWhatItCannotMend) {
  const std::string unclosed = "a {\n b\n";
  const auto file = directory_.write("x.conf", unclosed);
  const auto outcome = run("fmt -i " + file + " 2>&1");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_TRUE(outcome.output.starts_with("error[HF0104]")) << outcome.output;
  EXPECT_EQ(directory_.read("x.conf"), unclosed);
  EXPECT_EQ(files(), 1U);
  EXPECT_EQ(run("fmt " + file + " 2>/dev/null").output, "");
}

TEST_F(HoldfastFormatTest, ReplacesNeitherLinksNorWhatIsNoFile) {
  const auto file = directory_.write("x.conf", kUgly);
  fs::create_symlink("x.conf", directory_.path("link"));
  EXPECT_EQ(run("fmt -i " + directory_.path("link") + " 2>&1").output,
            fmt::format("holdfast fmt: {}: a symbolic link: name the file that it leads to\n",
                        directory_.path("link")));
  fs::create_hard_link(file, directory_.path("other"));
  EXPECT_EQ(run("fmt -i " + file + " 2>/dev/null").status, 2);
  ASSERT_EQ(::mkfifo(directory_.path("fifo").c_str(), 0600), 0);
  EXPECT_EQ(run("fmt -i " + directory_.path("fifo") + " 2>/dev/null").status, 2);
  EXPECT_EQ(run("fmt -i - 2>/dev/null < " + file).status, 2);
  EXPECT_EQ(run("fmt -i " + directory_.path() + " 2>/dev/null").status, 2);
  EXPECT_EQ(directory_.read("x.conf"), kUgly);
  EXPECT_EQ(files(), 4U);
}

TEST_F(HoldfastFormatTest, TwoProcessesCompileAFileToTheSameBytes) {
  for (const char* name : {"one", "other"}) {
    fs::create_directories(directory_.path(name));
    const auto line =
        fmt::format("compile -c {} -o {} 2>/dev/null", seed(1), directory_.path(name));
    ASSERT_EQ(run(line).status, 0);
  }
  for (const char* file : {"engine.pb", "net.pb", "checker.pb", "notifier.pb"}) {
    const std::string bytes = directory_.read(fmt::format("one/{}", file));
    EXPECT_FALSE(bytes.empty());
    EXPECT_EQ(bytes, directory_.read(fmt::format("other/{}", file))) << file;
  }
}

TEST_F(HoldfastFormatTest, FormattedFilesCompileToTheSameBytes) {
  for (const int node : {1, 2}) {
    const auto formatted = directory_.write("x.conf", run("fmt " + seed(node)).output);
    for (const auto& [name, file] : {std::pair{"one", seed(node)}, std::pair{"other", formatted}}) {
      fs::create_directories(directory_.path(name));
      ASSERT_EQ(
          run(fmt::format("compile -c {} -o {} 2>/dev/null", file, directory_.path(name))).status,
          0);
    }
    for (const char* file : {"engine.pb", "net.pb", "checker.pb", "notifier.pb"}) {
      const std::string bytes = directory_.read(fmt::format("one/{}", file));
      EXPECT_FALSE(bytes.empty());
      EXPECT_EQ(bytes, directory_.read(fmt::format("other/{}", file))) << file;
    }
  }
}

TEST_F(HoldfastFormatTest, DiffTellsByItsStatusWhetherSomethingChanges) {
  const auto same = run(fmt::format("diff {} {} 2>&1", seed(1), seed(1)));
  EXPECT_EQ(same.status, 0);
  EXPECT_TRUE(same.output.ends_with("a reload changes nothing\n")) << same.output;
  const auto other = run(fmt::format("diff {} {} 2>&1", seed(1), seed(2)));
  EXPECT_EQ(other.status, 1);
  EXPECT_TRUE(other.output.starts_with("router myr: priority 100 -> 95 at the next"))
      << other.output;
  EXPECT_EQ(other.output.find("571f97b2"), std::string::npos);
}

TEST_F(HoldfastFormatTest, DiffReadsWhatRuns) {
  const auto running = directory_.path("config.1");
  fs::create_directory(running);
  fs::create_symlink("config.1", directory_.path("config"));
  ASSERT_EQ(run(fmt::format("compile -c {} -o {} 2>/dev/null", seed(1), running)).status, 0);
  const auto config = directory_.path("config");
  EXPECT_EQ(run(fmt::format("diff {} {}", config, seed(1))).status, 0);
  EXPECT_EQ(run(fmt::format("diff {} - < {}", config, seed(2))).status, 1);
  EXPECT_EQ(run(fmt::format("diff {} {}", seed(2), config)).status, 1);
  ASSERT_EQ(::truncate((running + "/net.pb").c_str(), 30), 0);
  const auto broken = run(fmt::format("diff {} {} 2>&1", config, seed(1)));
  EXPECT_EQ(broken.status, 2);
  EXPECT_NE(broken.output.find("net.pb: truncated or corrupted"), std::string::npos);
}

TEST_F(HoldfastFormatTest, DiffNeedsTwoThatCompile) {
  const auto wrong = (source_tree() / "tests/diagnostics/HF0105_stray_brace.conf").string();
  const auto outcome = run(fmt::format("diff {} {} 2>&1", seed(1), wrong));
  EXPECT_EQ(outcome.status, 2);
  EXPECT_NE(outcome.output.find("error[HF0105]"), std::string::npos) << outcome.output;
  EXPECT_EQ(run(fmt::format("diff {} /nowhere 2>/dev/null", seed(1))).status, 2);
  EXPECT_EQ(run(fmt::format("diff {} 2>/dev/null", seed(1))).status, 2);
  EXPECT_EQ(run("diff - - 2>/dev/null < /dev/null").status, 2);
}

}  // namespace
}  // namespace holdfast
