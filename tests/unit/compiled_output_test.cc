// The four files on disk: modes, owners, all or nothing.
#include "cli/compiled_output.h"

#include <fcntl.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <set>

#include "common/compiled_file.h"

namespace holdfast::cli {
namespace {

namespace fs = std::filesystem;

class CompiledOutputTest : public testing::Test {
 public:
  ~CompiledOutputTest() override { fs::remove_all(directory_); }

 protected:
  CompiledOutputTest() {
    std::string pattern = (fs::temp_directory_path() / "holdfast-output-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    result_ = config::compile(
        "vrrp_instance a {\ninterface eth0\nvirtual_router_id 51\n"
        "virtual_ipaddress { 192.0.2.1/24 }\n}\n",
        "x.conf");
  }

  std::set<std::string> names() const {
    std::set<std::string> result;
    for (const auto& entry : fs::directory_iterator(directory_)) {
      result.insert(entry.path().filename());
    }
    return result;
  }

  struct stat status(const std::string& name) const {
    struct stat result{};
    EXPECT_EQ(::stat((directory_ + "/" + name).c_str(), &result), 0) << name;
    return result;
  }

  bool can_read(uid_t user, gid_t group, const std::string& name) const {
    const pid_t pid = ::fork();
    if (pid == 0) {
      const bool dropped = ::setgroups(0, nullptr) == 0 && ::setresgid(group, group, group) == 0 &&
                           ::setresuid(user, user, user) == 0;
      const int fd = dropped ? ::open((directory_ + "/" + name).c_str(), O_RDONLY) : -1;
      ::_exit(fd >= 0 ? 0 : 1);
    }
    int status = 0;
    ::waitpid(pid, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }

  std::string directory_;
  config::CompileResult result_;
};

const std::set<std::string> kFour = {"engine.pb", "net.pb", "checker.pb", "notifier.pb"};

TEST_F(CompiledOutputTest, WritesFourFilesThatTheirReadersAccept) {
  auto output = CompiledOutput::open(directory_, {});
  ASSERT_TRUE(output) << output.error().text;
  const auto committed = output->commit(result_);
  ASSERT_TRUE(committed) << committed.error().text;
  EXPECT_EQ(names(), kFour);
  for (const std::string& name : kFour) EXPECT_EQ(status(name).st_mode & 07777, 0400U) << name;
  compiled::NetConfig net;
  const auto read = read_compiled_file(directory_ + "/net.pb", CompiledKind::kNet, net);
  ASSERT_TRUE(read) << read.error().text;
  EXPECT_EQ(net.SerializeAsString(), result_.net.SerializeAsString());
  compiled::EngineConfig engine;
  EXPECT_TRUE(read_compiled_file(directory_ + "/engine.pb", CompiledKind::kEngine, engine));
  compiled::CheckerConfig checker;
  EXPECT_TRUE(read_compiled_file(directory_ + "/checker.pb", CompiledKind::kChecker, checker));
  compiled::NotifierConfig notifier;
  EXPECT_TRUE(read_compiled_file(directory_ + "/notifier.pb", CompiledKind::kNotifier, notifier));
}

TEST_F(CompiledOutputTest, LeavesNothingBehindWithoutACommit) {
  {
    const auto output = CompiledOutput::open(directory_, {});
    ASSERT_TRUE(output);
    EXPECT_EQ(names().size(), 4 + config::kRunnersMax);
    EXPECT_FALSE(names().contains("net.pb"));
  }
  EXPECT_TRUE(names().empty());
}

TEST_F(CompiledOutputTest, ReplacesWhatWasThere) {
  for (int i = 0; i < 2; ++i) {
    auto output = CompiledOutput::open(directory_, {});
    ASSERT_TRUE(output);
    ASSERT_TRUE(output->commit(result_));
  }
  EXPECT_EQ(names(), kFour);
}

// Whatever its users are called, and though it can give no file away.
TEST_F(CompiledOutputTest, LetsTheUsersOfRunnersReadTheirFilesAndNobodyElse) {
  constexpr uid_t kUser = 4321;
  result_.runners["app"].uid = kUser;
  result_.runners["app"].config.set_user("app");
  auto output = CompiledOutput::open(directory_, {});
  ASSERT_TRUE(output);
  ASSERT_TRUE(output->commit(result_)) << "of a file system with access control lists";
  std::set<std::string> all = kFour;
  all.insert("runner.app.pb");
  EXPECT_EQ(names(), all);
  EXPECT_EQ(status("runner.app.pb").st_uid, ::geteuid());
  EXPECT_EQ(status("runner.app.pb").st_mode & 0007, 0U);
  if (::geteuid() == 0) {
    ::chmod(directory_.c_str(), 0755);
    EXPECT_TRUE(can_read(kUser, kUser, "runner.app.pb"));
    EXPECT_FALSE(can_read(kUser + 1, kUser, "runner.app.pb"));
    EXPECT_FALSE(can_read(kUser + 1, 0, "runner.app.pb"));
  }
  result_.runners.clear();
  auto next = CompiledOutput::open(directory_, {});
  ASSERT_TRUE(next);
  ASSERT_TRUE(next->commit(result_));
  EXPECT_EQ(names(), kFour) << "a user without scripts has no file any more";
}

TEST_F(CompiledOutputTest, SaysWhatItCannotOpen) {
  const auto output = CompiledOutput::open(directory_ + "/missing", {});
  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().text, "open " + directory_ + "/missing: No such file or directory");
}

TEST_F(CompiledOutputTest, RemovesTheFirstFilesIfALaterOneFails) {
  const auto in_the_way = fs::path(directory_) / fmt::format(".checker.pb.{}", ::getpid());
  fs::create_directory(in_the_way);
  EXPECT_FALSE(CompiledOutput::open(directory_, {}));
  EXPECT_EQ(names().size(), 1U) << "only what was in the way";
}

TEST_F(CompiledOutputTest, GivesFilesToTheirReaders) {
  // What any user may do: give files to itself.
  Owners owners;
  const std::string own = fmt::format("{}:{}", ::geteuid(), ::getegid());
  ASSERT_TRUE(add_owner("engine=" + own, owners));
  if (::geteuid() == 0) {
    ASSERT_TRUE(add_owner("net=0:12", owners));
    ASSERT_TRUE(add_owner("checker=34:12", owners));
  }
  auto output = CompiledOutput::open(directory_, owners);
  ASSERT_TRUE(output) << output.error().text;
  ASSERT_TRUE(output->commit(result_));
  EXPECT_EQ(status("engine.pb").st_uid, ::geteuid());
  EXPECT_EQ(status("engine.pb").st_mode & 07777, 0400U);
  if (::geteuid() != 0) return;
  EXPECT_EQ(status("net.pb").st_uid, 0U);
  EXPECT_EQ(status("net.pb").st_gid, 12U);
  EXPECT_EQ(status("net.pb").st_mode & 07777, 0440U);
  EXPECT_EQ(status("checker.pb").st_uid, 34U);
  EXPECT_EQ(status("checker.pb").st_mode & 07777, 0400U);
}

TEST_F(CompiledOutputTest, GivesNothingAwayInADirectoryOfOthers) {
  const Owners owners{{"engine", {::geteuid(), ::getegid()}}};
  const std::string inner = directory_ + "/config";
  fs::create_directory(inner);
  ASSERT_TRUE(CompiledOutput::open(inner, owners));
  for (const mode_t mode : {0777U, 0775U, 01777U}) {
    ASSERT_EQ(::chmod(inner.c_str(), mode), 0);
    const auto output = CompiledOutput::open(inner, owners);
    ASSERT_FALSE(output) << mode;
    EXPECT_EQ(output.error().text,
              fmt::format("{0}: mode {1:04o} lets others exchange what is compiled into it: "
                          "`chmod go-w {0}` after a look at what it holds",
                          inner, mode));
    EXPECT_TRUE(CompiledOutput::open(inner, {})) << "whoever gives nothing away may";
  }
  ASSERT_EQ(::chmod(inner.c_str(), 0755), 0);
  ASSERT_EQ(::chmod(directory_.c_str(), 0777), 0);
  EXPECT_FALSE(CompiledOutput::open(inner, owners)) << "the directory above it is as good";
  ASSERT_EQ(::chmod(directory_.c_str(), 01777), 0);
  EXPECT_TRUE(CompiledOutput::open(inner, owners));
  if (::geteuid() != 0) return;
  ASSERT_EQ(::chmod(directory_.c_str(), 0755), 0);
  ASSERT_EQ(::chown(directory_.c_str(), 12, 12), 0);
  const auto output = CompiledOutput::open(inner, owners);
  ASSERT_FALSE(output);
  EXPECT_TRUE(output.error().text.starts_with(directory_ + ": owned by user 12, who"))
      << output.error().text;
}

TEST(Owners, AreNamesOrNumbers) {
  Owners owners;
  ASSERT_TRUE(add_owner("engine=12:34", owners));
  EXPECT_EQ(owners.at("engine").user, 12U);
  EXPECT_EQ(owners.at("engine").group, 34U);
  ASSERT_TRUE(add_owner("net=root:root", owners));
  EXPECT_EQ(owners.at("net").user, 0U);
  for (const char* text : {"", "engine", "engine=", "engine=1", "other=1:2", "engine=nobodyhere:1",
                           "engine=1:nobodyhere", "engine=4294967295:0", "1:2"}) {
    const auto added = add_owner(text, owners);
    ASSERT_FALSE(added) << text;
    EXPECT_TRUE(added.error().text.starts_with("--owner ")) << added.error().text;
  }
}

}  // namespace
}  // namespace holdfast::cli
