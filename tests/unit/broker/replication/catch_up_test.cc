// Replicas that are not in sync copy no faster than the budget allows; those in sync do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/broker/replication/replica_rig.h"

namespace ropewalk::replication {
namespace {

using namespace std::chrono_literals;

TEST(CatchUpBudget, AllWhoPayShareTheRate) {
  CatchUpBudget budget(1000);
  const env::MonotonicTime begin(100s);
  EXPECT_EQ(budget.pay(500, begin), begin + 500ms);
  EXPECT_EQ(budget.pay(1000, begin), begin + 1500ms) << "behind what the first one has to pay";
  EXPECT_EQ(budget.pay(100, begin + 10s), begin + 10s + 100ms) << "nothing is saved up";
  EXPECT_EQ(budget.paid_bytes(), 1600u);
}

TEST(CatchUpBudget, WithoutALimitNobodyWaits) {
  CatchUpBudget budget(0);
  const env::MonotonicTime begin(100s);
  EXPECT_EQ(budget.pay(std::size_t{1} << 40, begin), begin);
}

TEST(CatchUpBudget, AnotherRateHoldsFromNowOn) {
  CatchUpBudget budget(1);
  const env::MonotonicTime begin(100s);
  EXPECT_EQ(budget.pay(1000, begin), begin + 1000s);
  budget.limit(1000);
  EXPECT_EQ(budget.pay(500, begin), begin + 500ms);
  budget.limit(0);
  EXPECT_EQ(budget.pay(500, begin), begin);
}

// What the partition wants of its leader.
class Feed final : public FollowSink {
 public:
  std::vector<Want> all;
  void wants(const std::shared_ptr<Partition>&, Want want) override {
    all.push_back(std::move(want));
  }
  void progressed(const TopicPartition&, const Progressed&) override { told++; }
  std::size_t told = 0;
};

class CatchUp : public testing::Test {
 protected:
  static constexpr std::int64_t kRate = 1 << 20;

  CatchUp() {
    rig_.manager_options.catch_up_rate_max = kRate;
    rig_.kill();
    rig_.start();
    rig_.lead(LeaderEpoch(0));
  }
  void follow(bool is_in_sync) {
    FollowRole role;
    role.following = {.self = BrokerId(1),
                      .incarnation = {},
                      .leader = BrokerId(2),
                      .leader_epoch = LeaderEpoch(1)};
    role.feed = feed_;
    role.feed_core = &rig_.core();
    role.is_in_sync = is_in_sync;
    const auto partition = rig_.partition();
    rig_.on_core([&] { partition->follow(std::move(role)); });
  }
  // The last want, once it is for records from there on.
  Want want_from(std::int64_t offset) {
    const auto is_it = [&] {
      return !feed_->all.empty() &&
             feed_->all.back().request ==
                 FollowerRequest(
                     FetchFrom{Offset(offset), offset == 0 ? kNoLeaderEpoch : LeaderEpoch(1)});
    };
    EXPECT_TRUE(rig_.until(is_it));
    return feed_->all.back();
  }
  // The leader's answer to a want: a batch of one record; its log ends at `log_end`.
  std::size_t answer(const Want& want, std::int64_t log_end) {
    const Offset from = std::get<FetchFrom>(*want.request).from;
    const auto stamped =
        log::StampedBatch::stamp(item_of({.value_bytes = 500'000}).batch, from, LeaderEpoch(1));
    std::string bytes;
    for (const ByteSpan part : {stamped->prefix(), stamped->rest()})
      bytes.append(reinterpret_cast<const char*>(part.data()), part.size());
    const SharedBytes shared(bytes);
    ReceivedNews received;
    received.news.id = rig_.id;
    received.news.leader_epoch = LeaderEpoch(1);
    received.news.high_watermark = Offset(0);
    received.news.log_start = Offset(0);
    received.news.log_end = Offset(log_end);
    received.batches.push_back(
        {BatchHeader::parse(shared.span()).value(), log::StampedBatch::replicated(shared).value()});
    const auto partition = rig_.partition();
    rig_.on_core([&] { partition->fetched(want.number, std::move(received)); });
    return bytes.size();
  }
  static env::Duration time_of(std::size_t bytes) {
    return std::chrono::duration_cast<env::Duration>(
        std::chrono::duration<double>(static_cast<double>(bytes) / kRate));
  }

  ReplicaRig rig_{1};
  std::shared_ptr<Feed> feed_ = std::make_shared<Feed>();
};

TEST_F(CatchUp, WhoIsBehindPaysForWhatItGotBeforeItAsksForMore) {
  follow(false);
  const Want first = want_from(0);
  EXPECT_EQ(first.delay, 0ns);
  const env::Duration cost = time_of(answer(first, 10));
  const Want second = want_from(1);
  EXPECT_GT(second.delay, cost - 10ms);
  EXPECT_LE(second.delay, cost);
}

TEST_F(CatchUp, WhoHasComeToTheEndIsLetThrough) {
  follow(false);
  answer(want_from(0), 1);
  EXPECT_EQ(want_from(1).delay, 0ns);
}

TEST_F(CatchUp, WhoIsInSyncIsNeverHeldBack) {
  follow(true);
  answer(want_from(0), 10);
  EXPECT_EQ(want_from(1).delay, 0ns);
  follow(false);
  answer(want_from(1), 10);
  EXPECT_GT(want_from(2).delay, 0ns) << "it has fallen out";
}

// Else it would fall out again while it waits for something that no longer concerns it.
TEST_F(CatchUp, WhoComesIntoTheSetAsksAtOnce) {
  follow(false);
  answer(want_from(0), 10);
  const Want held_back = want_from(1);
  ASSERT_GT(held_back.delay, 0ns);
  follow(true);
  EXPECT_TRUE(rig_.until([&] { return feed_->all.back().number > held_back.number; }));
  const Want now = want_from(1);
  EXPECT_EQ(now.delay, 0ns);
  answer(held_back, 10);
  answer(now, 10);
  EXPECT_EQ(want_from(2).delay, 0ns);
}

// The leader passes over what it is told by a life that it does not know yet, and an idle partition
// gives no other occasion.
TEST_F(CatchUp, WhoIsNotInSyncSaysAgainHowFarItIs) {
  follow(false);
  rig_.world.run_for(5s);
  EXPECT_GE(feed_->told, 4u);
  follow(true);
  rig_.world.run_for(2s);
  const std::size_t told = feed_->told;
  rig_.world.run_for(10s);
  EXPECT_EQ(feed_->told, told);
}

// An operator who has chosen too low a rate need not wait until all is paid under it.
TEST_F(CatchUp, WhoIsHeldBackAsksAtOnceUnderAnotherRate) {
  follow(false);
  answer(want_from(0), 10);
  const Want held_back = want_from(1);
  ASSERT_GT(held_back.delay, 0ns);
  rig_.manager->limit_catch_up(10 * kRate);
  EXPECT_TRUE(rig_.until([&] { return feed_->all.back().number > held_back.number; }));
  const Want now = want_from(1);
  EXPECT_EQ(now.delay, 0ns);
  const env::Duration cost = time_of(answer(now, 10)) / 10;
  EXPECT_GT(want_from(2).delay, cost - 5ms);
  EXPECT_LE(want_from(2).delay, cost);
  rig_.manager->limit_catch_up(std::nullopt);
  EXPECT_TRUE(rig_.until([&] { return feed_->all.back().delay == 0ns; }));
  EXPECT_GT(time_of(answer(want_from(2), 10)), 0ns);
  EXPECT_GT(want_from(3).delay, cost) << "what the broker's file says holds again";
}

}  // namespace
}  // namespace ropewalk::replication
