// The link under an engine that does not read for a while.
#include <gtest/gtest.h>

#include "checker/engine_link.h"
#include "common/frame_endpoint.h"
#include "tests/unit/temporary_directory.h"

namespace holdfast::checker {
namespace {

using std::chrono_literals::operator""s;

wire::Health word(uint32_t id, bool passing, uint32_t serial) {
  wire::Health health;
  health.set_check_id(id);
  health.set_result(passing ? wire::Health::RESULT_PASSING : wire::Health::RESULT_FAILING);
  health.set_consecutive(serial);
  return health;
}

TEST(EngineLink, TellsTheLatestWordWhenTheEngineReadsAgain) {
  constexpr uint32_t kUpdates = 5000;
  const TemporaryDirectory directory;
  EventLoop loop;
  auto listening = listen_frame_socket(directory.path("health.sock"), 0700);
  ASSERT_TRUE(listening) << listening.error().text;
  EngineLink link(loop, directory.path("health.sock"));

  std::unique_ptr<FrameChannel> engine;
  uint32_t frames = 0;
  uint32_t latest = 0;
  uint32_t rounds = 0;
  const auto read = [&](std::span<const std::byte> frame) {
    wire::CheckerToEngine message;
    ASSERT_TRUE(parse_frame(frame, message));
    ++frames;
    for (const auto& health : message.health().health()) {
      if (health.check_id() == 2) {
        // Told at the connect and at each refresh.
        ++rounds;
        continue;
      }
      EXPECT_GE(health.consecutive(), latest) << "an old word after a newer one";
      latest = health.consecutive();
    }
    if (latest == kUpdates) loop.exit(0);
  };
  const FrameListener listener(loop, std::move(*listening), {}, [&](UniqueFd peer, ucred) {
    // Everything happens before the engine gets to read at all.
    for (uint32_t i = 1; i <= kUpdates; ++i) link.update(word(1, i % 2 == 0, i));
    engine = std::make_unique<FrameChannel>(loop, std::move(peer),
                                            FrameChannel::Handlers{.frame = read, .closed = {}});
  });
  Timer guard = loop.add_timer([&loop] { loop.exit(1); });
  guard.arm_after(30s);
  link.restart(1, {word(1, true, 0), word(2, true, 1)});
  EXPECT_EQ(loop.run(), 0);
  EXPECT_EQ(latest, kUpdates);
  EXPECT_EQ(rounds, 1U) << "only the refresh brought it";
  EXPECT_LT(frames, kUpdates / 2) << "nothing was coalesced";
}

}  // namespace
}  // namespace holdfast::checker
