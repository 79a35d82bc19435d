// `holdfast maintenance`: the list of orders, its file, and what the command says.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/maintenance_orders.h"
#include "cli/maintenance_text.h"
#include "common/maintenance_file.h"
#include "tests/unit/temporary_directory.h"

namespace holdfast::cli {
namespace {

wire::MaintenanceOrder order(const std::string& router, const std::string& by = "root") {
  wire::MaintenanceOrder one;
  one.set_router(router);
  one.set_since("noon");
  one.set_by(by);
  return one;
}

// ---- the list ----------------------------------------------------------------------------------
TEST(MaintenanceOrders, AnOrderForARouterIsForThatOne) {
  wire::MaintenanceList list;
  add_order(list, order("a"));
  ASSERT_NE(find_order(list, "a"), nullptr);
  EXPECT_EQ(find_order(list, "a")->by(), "root");
  EXPECT_EQ(find_order(list, "b"), nullptr);
  EXPECT_EQ(find_order(list, ""), nullptr) << "the host is not in maintenance";
}

TEST(MaintenanceOrders, AnOrderForTheHostIsForEveryRouter) {
  wire::MaintenanceList list;
  add_order(list, order(""));
  EXPECT_NE(find_order(list, "a"), nullptr);
  EXPECT_NE(find_order(list, ""), nullptr);
}

TEST(MaintenanceOrders, TheFirstOneStays) {
  wire::MaintenanceList list;
  add_order(list, order("a"));
  add_order(list, order("a", "anna"));
  ASSERT_EQ(list.orders_size(), 1);
  EXPECT_EQ(list.orders(0).by(), "root");
}

TEST(MaintenanceOrders, TheHostsEndEndsThoseOfRoutersToo) {
  wire::MaintenanceList list;
  add_order(list, order("a"));
  add_order(list, order("b"));
  add_order(list, order(""));
  EXPECT_EQ(list.orders_size(), 3);
  remove_order(list, "a");
  EXPECT_EQ(list.orders_size(), 2);
  remove_order(list, "");
  EXPECT_EQ(list.orders_size(), 0);
}

// ---- the file ----------------------------------------------------------------------------------
TEST(MaintenanceStore, LeavesWhatTheEngineBelieves) {
  const TemporaryDirectory directory;
  const mode_t mask = ::umask(077);
  {
    auto store = MaintenanceStore::open(directory.path());
    ASSERT_TRUE(store.has_value()) << store.error().text;
    add_order(store->list(), order("a"));
    ASSERT_TRUE(store->save().has_value());
  }
  ::umask(mask);
  struct stat status{};
  ASSERT_EQ(::stat(directory.path("maintenance").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0644U) << "another user reads it";
  const auto read = read_maintenance(directory.path("maintenance"));
  ASSERT_TRUE(read.has_value()) << read.error().text;
  ASSERT_EQ(read->orders_size(), 1);
  EXPECT_EQ(read->orders(0).router(), "a");
}

TEST(MaintenanceStore, WithoutOrdersThereIsNoFile) {
  const TemporaryDirectory directory;
  for (const bool on : {true, false}) {
    auto store = MaintenanceStore::open(directory.path());
    ASSERT_TRUE(store.has_value()) << store.error().text;
    if (on) add_order(store->list(), order("a"));
    if (!on) remove_order(store->list(), "a");
    ASSERT_TRUE(store->save().has_value());
    EXPECT_EQ(::access(directory.path("maintenance").c_str(), F_OK) == 0, on);
  }
  const auto read = read_maintenance(directory.path("maintenance"));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->orders_size(), 0);
}

TEST(MaintenanceStore, BelievesNoFileThatAnotherCouldHaveWritten) {
  const TemporaryDirectory directory;
  const std::string bytes = wire::MaintenanceList().SerializeAsString();
  const auto why = [&directory](const std::string& path) {
    const auto read = read_maintenance(path);
    EXPECT_EQ(MaintenanceStore::open(directory.path()).has_value(), read.has_value());
    return read ? std::string() : read.error().text;
  };
  const std::string path = directory.write("maintenance", bytes, 0664);
  EXPECT_NE(why(path).find("mode 0664 lets others write it: remove it"), std::string::npos);
  directory.write("maintenance", "no list\n");
  EXPECT_NE(why(path).find("no list of orders"), std::string::npos) << why(path);
  ::unlink(path.c_str());
  ASSERT_EQ(::symlink(directory.write("elsewhere", bytes).c_str(), path.c_str()), 0);
  EXPECT_NE(why(path), "") << "a link";
  ::unlink(path.c_str());
  ASSERT_EQ(::mkfifo(path.c_str(), 0644), 0);
  EXPECT_NE(why(path).find("not a regular file: remove"), std::string::npos)
      << "and nobody waits for its writer";
  if (::geteuid() != 0) return;
  ::unlink(path.c_str());
  directory.write("maintenance", bytes);
  ASSERT_EQ(::chown(path.c_str(), 1, 1), 0);
  EXPECT_NE(why(path).find("owned by user 1"), std::string::npos);
}

// ---- what is said ------------------------------------------------------------------------------
wire::RouterStatus active() {
  wire::RouterStatus router;
  router.set_name("V1");
  router.set_state(wire::ROUTER_STATE_ACTIVE);
  router.add_addresses("192.0.2.10/24 dev eth0");
  return router;
}

wire::MaintenanceOutcome begun(wire::RouterState before) {
  wire::MaintenanceOutcome outcome;
  outcome.set_router("V1");
  outcome.set_begun(true);
  outcome.set_before(before);
  outcome.set_state(wire::ROUTER_STATE_STOPPED);
  outcome.set_took_ms(612);
  return outcome;
}

TEST(MaintenanceText, SaysWhatIsKnownOfASuccessorAndNoMore) {
  auto router = active();
  EXPECT_EQ(maintenance_outlook(router),
            "V1: Active with 192.0.2.10; no other router was heard since the engine started, but a "
            "Backup is silent\n");
  router.add_addresses("192.0.2.11/24 dev eth0");
  wire::PeerStatus& peer = *router.add_peers();
  peer.set_address("192.0.2.2");
  peer.set_priority(90);
  peer.set_heard_ms_ago(12'340);
  EXPECT_EQ(maintenance_outlook(router),
            "V1: Active with 192.0.2.10 and 1 more; heard before, silent as a Backup is: 192.0.2.2 "
            "(priority 90, 12.34 s ago)\n");
  router.set_state(wire::ROUTER_STATE_BACKUP);
  EXPECT_EQ(maintenance_outlook(router), "") << "it has nothing to hand over";
}

TEST(MaintenanceText, SaysWhoTookItOrThatNobodyDid) {
  auto outcome = begun(wire::ROUTER_STATE_ACTIVE);
  EXPECT_TRUE(is_abandoned(outcome));
  EXPECT_EQ(maintenance_result(active(), outcome),
            "V1: nobody was heard to take 192.0.2.10 within 612 ms: withdrawn all the same; "
            "`holdfast maintenance off V1` brings it back\n");
  outcome.mutable_successor()->set_address("192.0.2.2");
  outcome.mutable_successor()->set_priority(90);
  EXPECT_FALSE(is_abandoned(outcome));
  EXPECT_EQ(maintenance_result(active(), outcome),
            "V1: 192.0.2.10 now at 192.0.2.2 (priority 90), after 612 ms\n");
}

TEST(MaintenanceText, SaysWhatHadNothingToHandOver) {
  const auto outcome = begun(wire::ROUTER_STATE_FAULT);
  EXPECT_FALSE(is_abandoned(outcome));
  EXPECT_EQ(maintenance_result(active(), outcome), "V1: was Fault, stays down\n");
}

TEST(MaintenanceText, SaysWhatItIsAfterwards) {
  auto outcome = begun(wire::ROUTER_STATE_STOPPED);
  outcome.set_begun(false);
  outcome.set_state(wire::ROUTER_STATE_FAULT);
  outcome.set_cause("interface eth0 is down");
  EXPECT_EQ(maintenance_result(active(), outcome), "V1: Fault: interface eth0 is down\n");
}

}  // namespace
}  // namespace holdfast::cli
