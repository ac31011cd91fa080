#include "client/cli/bench/pacer.h"

namespace ropewalk::cli {
namespace {

using namespace std::chrono_literals;

const env::MonotonicTime kStart{1h};

TEST(Pacer, RecordsAreDueAtMomentsThatAreKnownBeforehand) {
  const Pacer pacer(kStart, {.records = std::nullopt, .time = std::nullopt}, 1000);
  EXPECT_EQ(pacer.due(0, kStart), kStart);
  EXPECT_EQ(pacer.due(1, kStart), kStart + 1ms);
  EXPECT_EQ(pacer.due(2500, kStart), kStart + 2500ms);
  // A sender that comes late finds them due in the past.
  EXPECT_EQ(pacer.due(1, kStart + 3s), kStart + 1ms);
}

TEST(Pacer, LosesNothingByRounding) {
  const Pacer third(kStart, {}, 3);
  EXPECT_EQ(third.due(1, kStart), kStart + 333'333'333ns);
  EXPECT_EQ(third.due(3'000'000'000, kStart), kStart + 1'000'000'000s);
  const Pacer fast(kStart, {}, 1'000'000'000);
  EXPECT_EQ(fast.due(86'400'000'000'001, kStart), kStart + 86'400s + 1ns);
}

TEST(Pacer, WithoutARateEachIsDueNow) {
  const Pacer pacer(kStart, {.records = 2, .time = 10s}, std::nullopt);
  EXPECT_EQ(pacer.due(0, kStart + 5s), kStart + 5s);
  EXPECT_EQ(pacer.due(1, kStart + 6s), kStart + 6s);
  EXPECT_FALSE(pacer.due(2, kStart + 7s)) << "the second was the last";
  EXPECT_FALSE(pacer.due(1, kStart + 10s)) << "the time is over";
  EXPECT_EQ(pacer.due_by(kStart + 20s, 1), 1U);
}

TEST(Pacer, SendsWhatWasDueInTimeAlsoALittleLate) {
  const Pacer pacer(kStart, {.records = std::nullopt, .time = 10s}, 100);
  EXPECT_EQ(pacer.due(999, kStart + 10s + 1ms), kStart + 9990ms);
  EXPECT_FALSE(pacer.due(1000, kStart + 9990ms));
  EXPECT_FALSE(pacer.due(500, kStart + 11s)) << "it does not keep up: it ends all the same";
}

TEST(Pacer, KnowsWhatWasDueAndNotSent) {
  const Pacer pacer(kStart, {.records = std::nullopt, .time = 10s}, 100);
  EXPECT_EQ(pacer.due_by(kStart, 0), 0U);
  EXPECT_EQ(pacer.due_by(kStart + 1ns, 0), 1U);
  EXPECT_EQ(pacer.due_by(kStart + 1s, 7), 100U);
  EXPECT_EQ(pacer.due_by(kStart + 1005ms, 0), 101U);
  EXPECT_EQ(pacer.due_by(kStart + 1h, 600), 1000U);
  EXPECT_EQ(pacer.due_by(kStart + 1s, 200), 200U) << "never fewer than were sent";
  EXPECT_EQ(Pacer(kStart, {.records = 50, .time = 10s}, 100).due_by(kStart + 1h, 3), 50U);
}

// Whoever sends all that is due leaves nothing.
TEST(PacerProperty, ASenderThatKeepsUpLeavesNothing) {
  for (const std::uint64_t rate : {1U, 3U, 7U, 999U, 1000U, 12'345U}) {
    const Pacer pacer(kStart, {.records = std::nullopt, .time = 1700ms}, rate);
    std::uint64_t sent = 0;
    env::MonotonicTime now = kStart;
    while (const auto due = pacer.due(sent, now)) {
      ASSERT_GE(*due, now);
      now = *due;
      EXPECT_EQ(pacer.due_by(now, sent), sent);
      sent++;
    }
    EXPECT_EQ(pacer.due_by(now + 1h, sent), sent) << rate;
    EXPECT_EQ(sent, (rate * 17 + 9) / 10) << rate;
  }
}

}  // namespace
}  // namespace ropewalk::cli
