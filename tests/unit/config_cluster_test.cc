// Several files as the nodes of one cluster.
#include "config/cluster.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>

#include "config/render_json.h"
#include "golden_files.h"
#include "source_tree.h"

namespace holdfast::config {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kGoldens = "tests/diagnostics/cluster";

ClusterResult check_directory(const std::string& directory) {
  std::deque<CompileResult> nodes;
  for (const std::string name : {"node1.conf", "node2.conf"}) {
    nodes.push_back(compile(read_source(fs::path(directory) / name), name));
  }
  return check_cluster(nodes);
}

std::vector<std::string> ids(const ClusterResult& result) {
  std::vector<std::string> found;
  for (const Diagnostic& one : result.diagnostics.all()) found.emplace_back(one.finding.id);
  return found;
}

std::string node(int priority, const std::string& more = "", const std::string& weight = "-10") {
  return fmt::format(
      "vrrp_script chk {{\nscript \"pidof nginx\"\nweight {}\n}}\n"
      "vrrp_instance a {{\ninterface eth0\nvirtual_router_id 73\npriority {}\n"
      "virtual_ipaddress {{ 192.0.2.10/24 }}\ntrack_script {{ chk }}\n{}\n}}\n",
      weight, priority, more);
}

ClusterResult check_texts(const std::vector<std::string>& texts) {
  std::deque<CompileResult> nodes;
  for (size_t i = 0; i < texts.size(); ++i) {
    nodes.push_back(compile(texts[i], fmt::format("node{}.conf", i + 1)));
  }
  return check_cluster(nodes);
}

TEST(Cluster, SaysWhatWasAgreed) {
  size_t goldens = 0;
  for (const auto& entry : fs::directory_iterator(source_tree() / kGoldens)) {
    ++goldens;
    const std::string name = entry.path().filename();
    const auto result = check_directory(fs::path(kGoldens) / name);
    expect_as_agreed(fs::path(kGoldens) / name / "expected.txt", render(result));
    expect_as_agreed(fs::path(kGoldens) / name / "expected.json", render_json(result));
    if (name.starts_with("HF")) {
      EXPECT_THAT(ids(result), AllOf(Not(IsEmpty()), Each(name.substr(0, 6)))) << name;
    } else {
      EXPECT_THAT(ids(result), IsEmpty()) << name;
    }
  }
  EXPECT_GT(goldens, 12U);
}

// 100 - 5 = 95 against 95: neither check moves the address. And both nodes call themselves node1.
TEST(Cluster, TellsTheSeedsOperatorWhatHeDidNotKnow) {
  const auto result = check_directory("tests/seed-cluster");
  EXPECT_THAT(ids(result), ElementsAre("HF0611", "HF0611", "HF0613"));
  const auto& all = result.diagnostics.all();
  EXPECT_EQ(all[0].text, "a weight of -5 for `chk_down` moves nothing between these nodes");
  EXPECT_EQ(all[1].text, "a weight of -5 for `chk_nginx` moves nothing between these nodes");
  EXPECT_EQ(all[2].text, "router_id `node1` is also that of another node");
  const std::string report = render(result);
  EXPECT_THAT(report, HasSubstr("--> node1.conf:17:12"));
  EXPECT_THAT(report, HasSubstr("::: node2.conf:32:14"));
  EXPECT_THAT(report, HasSubstr("node1.conf goes from 100 to 95"));
  EXPECT_THAT(report, HasSubstr("`weight -6` or lower"));
  EXPECT_FALSE(result.diagnostics.has_errors());
}

TEST(Cluster, CountsWeightsAsTheElectionDoes) {
  EXPECT_THAT(ids(check_texts({node(100), node(91)})), IsEmpty()) << "90 against 91";
  EXPECT_THAT(ids(check_texts({node(100), node(90)})), ElementsAre("HF0611")) << "90 against 90";
  EXPECT_THAT(ids(check_texts({node(100), node(89)})), ElementsAre("HF0611"));
  EXPECT_THAT(ids(check_texts({node(91), node(100)})), IsEmpty()) << "the order of the files";
  EXPECT_THAT(ids(check_texts({node(100, "", "11"), node(90, "", "11")})), IsEmpty());
  EXPECT_THAT(ids(check_texts({node(100, "", "10"), node(90, "", "10")})), ElementsAre("HF0611"));
  EXPECT_THAT(ids(check_texts({node(100, "", "0"), node(90, "", "0")})), IsEmpty()) << "FAULT";
  EXPECT_THAT(ids(check_texts({node(254, "", "20"), node(250, "", "20")})), ElementsAre("HF0611"))
      << "both are at 254";
}

TEST(Cluster, TakesTheBestOfThree) {
  EXPECT_THAT(ids(check_texts({node(100), node(80), node(95)})), IsEmpty());
  EXPECT_THAT(ids(check_texts({node(100), node(80), node(70)})), ElementsAre("HF0611"));
}

TEST(Cluster, SaysNothingOfWhatOneNodeLacksIfItIsUnreadable) {
  EXPECT_THAT(ids(check_texts({node(100), "vrrp_instance b {\n"})), IsEmpty());
}

TEST(Cluster, SaysOfEachVersionWhatItDoes) {
  const auto of = [](const std::string& one, const std::string& other) {
    return ids(check_texts({node(100, one), node(91, other)}));
  };
  EXPECT_THAT(of("", "advert_int 2"), ElementsAre("HF0604"));
  EXPECT_THAT(of("version 3", "version 3\nadvert_int 0.1"), ElementsAre("HF0615"));
  EXPECT_THAT(of("version 3\nadvert_int 0.1", "version 3\nadvert_int 0.1"), IsEmpty());
  EXPECT_THAT(of("version 3\nadvert_int 0.1", ""), ElementsAre("HF0614"))
      << "they do not hear each other anyway";
  const std::string password = "authentication {\nauth_type PASS\nauth_pass x7Kp2mQ9\n}";
  EXPECT_THAT(of("", password), ElementsAre("HF0603"));
  EXPECT_THAT(of("version 3", "version 3\n" + password), IsEmpty()) << "it has none";
}

TEST(Cluster, ComparesTheFormOfTheChecksum) {
  const auto of = [](const std::string& one, const std::string& other) {
    return ids(check_texts({one, other}));
  };
  const std::string all = "global_defs {\nv3_checksum_as_v2 on\nvrrp_version 3\n}\n";
  const std::string best = node(100, "version 3");
  EXPECT_THAT(of(best, node(91, "version 3\nv3_checksum_as_v2 on")), ElementsAre("HF0616"));
  EXPECT_THAT(of(best, all + node(91, "")), ElementsAre("HF0616"));
  EXPECT_THAT(of(best, all + node(91, "v3_checksum_as_v2 off")), IsEmpty());
  EXPECT_THAT(of(all + node(100), all + node(91, "")), IsEmpty());
  EXPECT_THAT(of(node(100), node(91, "v3_checksum_as_v2 on")), IsEmpty())
      << "version 2 has one form";
}

TEST(Cluster, NamesItsFilesInJson) {
  const std::string json = render_json(check_texts({node(100), node(90)}));
  EXPECT_THAT(json, HasSubstr(R"({"summary":{"files":["node1.conf","node2.conf"],"errors":0,)"));
}

TEST(Cluster, DoesNotRepeatAPassword) {
  const auto result = check_directory(std::string(kGoldens) + "/HF0602_password");
  for (const Diagnostic& one : result.diagnostics.all()) {
    EXPECT_EQ((one.text + one.label + one.other_label).find("x7Kp"), std::string::npos);
    for (const auto& words : one.notes) EXPECT_EQ(words.find("x7Kp"), std::string::npos);
    for (const auto& words : one.helps) EXPECT_EQ(words.find("x7Kp"), std::string::npos);
  }
}

}  // namespace
}  // namespace holdfast::config
