// What an engine may say, and what happens to one that says something else.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "common/frame_socket.h"
#include "net-helper/session.h"

namespace holdfast::net {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using testing::ElementsAre;
using testing::HasSubstr;
using wire::EngineToHelper;

constexpr TimePoint kNow{1000s};

TEST(AllowTable, AllowsAHelloFirstAndRequestsThen) {
  for (int message = -1; message < 20; ++message) {
    const auto body = static_cast<EngineToHelper::BodyCase>(message);
    EXPECT_EQ(is_allowed(Phase::kGreeting, body), body == EngineToHelper::kHello) << message;
    EXPECT_EQ(is_allowed(Phase::kServing, body), body == EngineToHelper::kRequests) << message;
  }
  EXPECT_FALSE(is_allowed(static_cast<Phase>(2), EngineToHelper::kHello));
}

// Writes down what it is asked for. Holds router 7: priorities 10 to 200, leases up to 3 s, 5
// frames of gratuitous ARP.
class Recorder : public EngineRequests {
 public:
  Recorder() {
    router_.id = 7;
    router_.priority_min = 10;
    router_.priority_max = 200;
    router_.lease_limit_ms = 3000;
    router_.linger_limit_ms = 2000;
    router_.announce_limit = 5;
  }
  const RouterPolicy* find_router(uint32_t id) const override {
    return id == 7 ? &router_ : nullptr;
  }
  void hold(uint32_t id, const HoldRequest& request) override {
    said.push_back(
        fmt::format("hold {} {} {} ms{}{}", id, request.priority, request.valid_for / 1ms,
                    request.advertise_now ? " advertise" : "",
                    request.announce > 0 ? fmt::format(" announce {}", request.announce) : ""));
  }
  void resign(uint32_t id, Duration linger) override {
    said.push_back(fmt::format("resign {} {} ms", id, linger / 1ms));
  }
  void withdraw(uint32_t id) override { said.push_back(fmt::format("withdraw {}", id)); }
  void refuse(uint32_t id, wire::Ended::Reason reason, const std::string&) override {
    said.push_back(fmt::format("refuse {} {}", id, wire::Ended::Reason_Name(reason)));
  }
  void greeted() override { said.emplace_back("greeted"); }

  std::vector<std::string> said;

 private:
  RouterPolicy router_;
};

class SessionTest : public testing::Test {
 protected:
  std::string send_bytes(const std::string& bytes) {
    return session_.handle(std::as_bytes(std::span(bytes)), kNow).value_or("");
  }
  std::string send(const EngineToHelper& message) {
    return send_bytes(message.SerializeAsString());
  }
  void greet() {
    EngineToHelper message;
    message.mutable_hello()->set_protocol_version(kProtocolVersion);
    ASSERT_EQ(send(message), "");
    recorder_.said.clear();
  }
  static wire::Request hold(uint32_t priority, uint32_t valid_for_ms, uint32_t id = 7) {
    wire::Request request;
    request.set_router_id(id);
    request.mutable_hold()->set_priority(priority);
    request.mutable_hold()->set_valid_for_ms(valid_for_ms);
    return request;
  }
  std::string ask(const std::vector<wire::Request>& requests) {
    EngineToHelper message;
    message.mutable_requests();
    for (const auto& request : requests) *message.mutable_requests()->add_requests() = request;
    return send(message);
  }

  Recorder recorder_;
  Session session_{recorder_};
};

TEST_F(SessionTest, AdoptsWhatTheHelloNamesBeforeItAnswers) {
  EngineToHelper message;
  message.mutable_hello()->set_protocol_version(kProtocolVersion);
  *message.mutable_hello()->add_active() = hold(100, 3000);
  *message.mutable_hello()->add_active() = hold(100, 3000, 8);
  EXPECT_EQ(send(message), "");
  EXPECT_THAT(recorder_.said,
              ElementsAre("hold 7 100 3000 ms", "refuse 8 REASON_UNKNOWN_ROUTER", "greeted"));
  EXPECT_EQ(session_.phase(), Phase::kServing);
}

TEST_F(SessionTest, RefusesABadHello) {
  EngineToHelper message;
  EXPECT_THAT(send(message), HasSubstr("message 0 while greeting"));
  EXPECT_THAT(ask({hold(100, 3000)}), HasSubstr("while greeting"));
  message.mutable_hello()->set_protocol_version(kProtocolVersion + 1);
  EXPECT_THAT(send(message), HasSubstr("protocol version 2"));
  message.mutable_hello()->set_protocol_version(kProtocolVersion);
  message.mutable_hello()->add_active()->mutable_withdraw();
  EXPECT_THAT(send(message), HasSubstr("something else than a hold"));
  *message.mutable_hello()->mutable_active(0) = hold(201, 3000);
  EXPECT_THAT(send(message), HasSubstr("priority 201"));
  EXPECT_TRUE(recorder_.said.empty());
  EXPECT_EQ(session_.phase(), Phase::kGreeting);
}

TEST_F(SessionTest, ASecondHelloIsOneTooMany) {
  greet();
  EngineToHelper message;
  message.mutable_hello()->set_protocol_version(kProtocolVersion);
  EXPECT_THAT(send(message), HasSubstr("message 1 while serving"));
}

TEST_F(SessionTest, HandsRequestsOn) {
  greet();
  wire::Request eager = hold(10, 1);
  eager.mutable_hold()->set_advertise_now(true);
  eager.mutable_hold()->set_announce(5);
  wire::Request resign;
  resign.set_router_id(7);
  resign.mutable_resign()->set_linger_ms(2000);
  wire::Request withdraw;
  withdraw.set_router_id(7);
  withdraw.mutable_withdraw();
  EXPECT_EQ(ask({hold(200, 3000), eager, resign, withdraw, hold(100, 3000, 9)}), "");
  EXPECT_THAT(recorder_.said,
              ElementsAre("hold 7 200 3000 ms", "hold 7 10 1 ms advertise announce 5",
                          "resign 7 2000 ms", "withdraw 7", "refuse 9 REASON_UNKNOWN_ROUTER"));
}

TEST_F(SessionTest, OneBadRequestSpoilsTheBatch) {
  greet();
  wire::Request resign;
  resign.set_router_id(7);
  resign.mutable_resign()->set_linger_ms(2001);
  wire::Request nothing;
  nothing.set_router_id(7);
  for (const auto& bad : {hold(9, 3000), hold(201, 3000), hold(0, 3000), hold(UINT32_MAX, 3000),
                          hold(100, 0), hold(100, 3001), hold(100, UINT32_MAX), resign, nothing}) {
    EXPECT_NE(ask({hold(100, 3000), bad}), "") << bad.SerializeAsString();
    EXPECT_TRUE(recorder_.said.empty());
  }
}

// Not closed for it: during a reload the engine may know of another limit.
TEST_F(SessionTest, BoundsTheAnnouncementsOfOneRequest) {
  wire::Request loud = hold(100, 3000);
  loud.mutable_hold()->set_announce(UINT32_MAX);
  EngineToHelper message;
  message.mutable_hello()->set_protocol_version(kProtocolVersion);
  *message.mutable_hello()->add_active() = loud;
  EXPECT_EQ(send(message), "");
  EXPECT_EQ(ask({loud}), "");
  EXPECT_THAT(recorder_.said, ElementsAre("hold 7 100 3000 ms announce 5", "greeted",
                                          "hold 7 100 3000 ms announce 5"));
}

TEST_F(SessionTest, RefusesWhatIsNotOneMessage) {
  greet();
  EXPECT_NE(send_bytes("rubbish"), "");
  EXPECT_NE(send_bytes(std::string(100, '\xff')), "");
  EXPECT_NE(send_bytes(""), "");
  EngineToHelper message;
  *message.mutable_requests()->add_requests() = hold(100, 3000);
  const std::string whole = message.SerializeAsString();
  for (size_t size = 1; size < whole.size(); ++size) {
    EXPECT_NE(send_bytes(whole.substr(0, size)), "") << size;
  }
  EXPECT_TRUE(recorder_.said.empty());
}

TEST_F(SessionTest, BoundsTheNumberOfRequests) {
  greet();
  const std::vector<wire::Request> batch(1000, hold(100, 3000));
  for (int turn = 0; turn < 41; ++turn) EXPECT_EQ(ask(batch), "");
  ASSERT_EQ(recorder_.said.size(), 41'000U);
  EXPECT_EQ(recorder_.said[39'999], "hold 7 100 3000 ms");
  EXPECT_EQ(recorder_.said[40'000], "refuse 7 REASON_RATE");
}

}  // namespace
}  // namespace holdfast::net
