#include "broker/log/partition_log.h"

#include "common/env/lent_file.h"
#include "tests/unit/broker/log/log_rig.h"

namespace ropewalk::log {
namespace {

class PartitionLogTest : public testing::Test {
 protected:
  PartitionLogTest() {
    options_.segment_bytes = 4096 + 3000;
    reopen();
  }
  ~PartitionLogTest() override {
    node_.kill();
    life_.reset();
  }
  void reopen() {
    if (life_) node_.kill();
    life_ = std::make_unique<LogLife>(world_, node_, options_);
    const auto opened = life_->open();
    ASSERT_TRUE(opened) << to_string(opened.error());
  }
  Offset fill(int batches, std::size_t bytes = 200) {
    Offset end;
    for (int i = 0; i < batches; i++)
      end = life_->append(make_batch(1, bytes), LeaderEpoch(1)).next;
    EXPECT_TRUE(life_->wait_durable(end));
    return end;
  }

  sim::Simulation world_{9};
  sim::Node& node_ = world_.add_node("a");
  LogOptions options_;
  std::unique_ptr<LogLife> life_;
};

TEST_F(PartitionLogTest, ManyAppendsOfOneDrainAreOneWrite) {
  fill(1);
  const int before = life_->owner().written;
  life_->inside([&] {
    for (int i = 0; i < 5; i++)
      life_->log().append(
          StampedBatch::stamp(make_batch(1, 10), life_->log().next_offset(), LeaderEpoch(1))
              .value());
  });
  EXPECT_EQ(life_->owner().written, before + 1);
}

TEST_F(PartitionLogTest, NothingIsDurableWithoutASync) {
  fill(1);
  node_.disk("/d").faults.sync_stall = 1;
  const Offset end = life_->append(make_batch(1, 10), LeaderEpoch(1)).next;
  world_.run_until([&] { return life_->log().readable_end() == end; }, std::chrono::seconds(1));
  EXPECT_EQ(life_->log().readable_end(), end);
  EXPECT_LT(life_->log().durable_end(), end);
  EXPECT_TRUE(life_->wait_durable(end));
}

// durability=replicated: syncs are asked for when the log falls quiet, or when much is not synced.
TEST_F(PartitionLogTest, AsksForASyncAtHalfOfWhatMayBeUnsynced) {
  const Offset durable = fill(1);
  options_.sync_appends = false;
  options_.segment_bytes = 8 << 20;
  life_->inside([&] { life_->log().set_options(options_); });
  Offset end = life_->append(make_batch(1, 300'000), LeaderEpoch(1)).next;
  world_.run_for(std::chrono::milliseconds(500));
  EXPECT_EQ(life_->log().durable_end(), durable);
  EXPECT_GT(life_->unsynced().bytes(), 300'000u);
  end = life_->append(make_batch(1, 300'000), LeaderEpoch(1)).next;
  EXPECT_TRUE(world_.run_until([&] { return life_->log().durable_end() == end; },
                               std::chrono::milliseconds(500)));
  EXPECT_EQ(life_->unsynced().bytes(), 0u);
}

// What will never be synced must not count for ever: it would close the directory to all.
TEST_F(PartitionLogTest, WhatIsCutAwayOrLostCountsAsUnsyncedNoMore) {
  const Offset keep = fill(1);
  options_.sync_appends = false;
  life_->inside([&] { life_->log().set_options(options_); });
  life_->append(make_batch(1, 1000), LeaderEpoch(1));
  EXPECT_GT(life_->unsynced().bytes(), 1000u);
  ASSERT_TRUE(life_->truncate(keep));
  EXPECT_EQ(life_->unsynced().bytes(), 0u);
  life_->append(make_batch(1, 1000), LeaderEpoch(1));
  ASSERT_TRUE(life_->reset(Offset(100)));
  EXPECT_EQ(life_->unsynced().bytes(), 0u);
  life_->append(make_batch(1, 1000), LeaderEpoch(1));
  EXPECT_GT(life_->unsynced().bytes(), 1000u);
  node_.disk("/d").faults.sync_error = 1;
  ASSERT_TRUE(world_.run_until([&] { return life_->owner().failure.has_value(); },
                               std::chrono::seconds(10)));
  EXPECT_EQ(life_->unsynced().bytes(), 0u);
}

TEST_F(PartitionLogTest, AFailedSyncClosesTheLogForGood) {
  const Offset durable = fill(1);
  node_.disk("/d").faults.sync_error = 1;
  life_->append(make_batch(1, 10), LeaderEpoch(1));
  ASSERT_TRUE(world_.run_until([&] { return life_->owner().failure.has_value(); },
                               std::chrono::seconds(10)));
  EXPECT_EQ(life_->owner().failure->code, Errc::io_error);
  node_.disk("/d").faults.sync_error = 0;
  life_->inside([&] { life_->log().request_sync(); });
  world_.run_for(std::chrono::seconds(3));
  EXPECT_EQ(life_->log().durable_end(), durable);
  EXPECT_FALSE(life_->truncate(Offset(0)));
}

TEST_F(PartitionLogTest, AFullDiskRefusesTheBatchesAndTheLogGoesOn) {
  const Offset end = fill(2);
  sim::Disk& disk = node_.disk("/d");
  disk.faults.capacity_bytes = disk.used_bytes() + 100;
  life_->append(make_batch(1, 500), LeaderEpoch(1));
  ASSERT_TRUE(world_.run_until([&] { return life_->owner().refused.has_value(); },
                               std::chrono::seconds(10)));
  EXPECT_EQ(*life_->owner().refused, end);
  EXPECT_EQ(life_->log().next_offset(), end);
  disk.faults.capacity_bytes = std::uint64_t{1} << 40;
  const Offset next = fill(1);
  EXPECT_EQ(next, end + 1);
  reopen();
  EXPECT_EQ(life_->log().readable_end(), next);
}

// As tmpfs or a copy-on-write file system may: not even a block that is there can be written.
TEST_F(PartitionLogTest, ASlotThatAFullDiskRefusesDoesNotEndTheLog) {
  const Offset end = fill(2);
  sim::Disk& disk = node_.disk("/d");
  options_.sync_appends = false;
  life_->inside([&] { life_->log().set_options(options_); });
  const Offset next = life_->append(make_batch(1, 10), LeaderEpoch(1)).next;
  disk.faults.copies_on_write = true;
  disk.faults.capacity_bytes = disk.used_bytes();
  life_->inside([&] { life_->log().request_sync(); });
  world_.run_for(std::chrono::seconds(3));  // Also the slot of a log that fell quiet.
  EXPECT_FALSE(life_->owner().failure);
  EXPECT_TRUE(life_->wait_durable(next));
  disk.faults.copies_on_write = false;
  reopen();
  EXPECT_EQ(life_->log().readable_end(), end + 1);
}

// The owner has the log in its hands when it asks for a sync.
TEST_F(PartitionLogTest, ASlotThatCannotBeWrittenEndsTheLogAfterTheCall) {
  options_.sync_appends = false;
  life_->inside([&] { life_->log().set_options(options_); });
  const Offset next = life_->append(make_batch(1, 10), LeaderEpoch(1)).next;
  ASSERT_TRUE(world_.run_until([&] { return life_->log().readable_end() == next; },
                               std::chrono::seconds(10)));
  node_.disk("/d").faults.write_error = 1;
  bool failed_inside = true;
  life_->inside([&] {
    life_->log().request_sync();
    failed_inside = life_->owner().failure.has_value();
  });
  EXPECT_FALSE(failed_inside);
  ASSERT_TRUE(life_->owner().failure);
  EXPECT_EQ(life_->owner().failure->code, Errc::io_error);
}

TEST_F(PartitionLogTest, ChangeOfRoleDropsTheSyncUnderWayAndAsksForAnother) {
  fill(1);
  const Offset end = life_->append(make_batch(1, 10), LeaderEpoch(1)).next;
  life_->inside([&] { life_->log().bump_generation(); });
  EXPECT_TRUE(life_->wait_durable(end));
}

TEST_F(PartitionLogTest, TruncationWaitsForPinnedRanges) {
  options_.segment_bytes = 1 << 20;
  reopen();
  const Offset end = fill(4, 20000);
  const Offset to = end - 1;
  auto sending = life_->read_chunks(to, {end, 1 << 20, true}).value();
  ASSERT_TRUE(std::holds_alternative<env::FileRange>(sending.chunks.front()));
  bool done = false;
  life_->inside([&] {
    life_->log().truncate(to, [&](Result<void> outcome) { done = outcome.has_value(); });
  });
  world_.run_for(std::chrono::milliseconds(900));
  EXPECT_FALSE(done);
  EXPECT_EQ(life_->owner().pins_overdue, 0);
  EXPECT_FALSE(env::is_wanted_back(sending.chunks.front()));
  world_.run_for(std::chrono::milliseconds(300));
  EXPECT_FALSE(done);
  EXPECT_EQ(life_->owner().pins_overdue, 1);
  EXPECT_TRUE(env::is_wanted_back(sending.chunks.front()));
  sending.chunks.clear();
  EXPECT_TRUE(world_.run_until([&] { return done; }, std::chrono::seconds(2)));
  EXPECT_EQ(life_->log().readable_end(), to);
  const auto after = life_->read_chunks(Offset(0), {to, 1 << 20, true}).value();
  EXPECT_FALSE(env::is_wanted_back(after.chunks.front()));
}

TEST_F(PartitionLogTest, AViewFromBeforeACutIsRefused) {
  const Offset end = fill(3);
  const LogViewPtr old = life_->log().view();
  ASSERT_TRUE(life_->truncate(end - 1));
  const auto got = world_.run(life_->core(), read(old, Offset(0), {end, 1 << 20, true}));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, Errc::not_leader_or_follower);
}

TEST_F(PartitionLogTest, ResetGoesOnAtItsStart) {
  fill(30);
  ASSERT_TRUE(life_->reset(Offset(1000)));
  EXPECT_EQ(life_->log().log_start(), Offset(1000));
  EXPECT_EQ(life_->append(make_batch(1, 10), LeaderEpoch(4)).base, Offset(1000));
  EXPECT_TRUE(life_->wait_durable(Offset(1001)));
  reopen();
  EXPECT_EQ(life_->log().log_start(), Offset(1000));
  EXPECT_EQ(life_->log().readable_end(), Offset(1001));
  EXPECT_EQ(life_->read(Offset(5), {Offset(1001), 100, true}).error().code,
            Errc::offset_out_of_range);
}

TEST_F(PartitionLogTest, ALogMayBeginAtOffsetOne) {
  options_.first_offset = 1;
  node_.disk("/d");
  sim::Node& other = world_.add_node("quorum");
  {
    LogLife quorum(world_, other, options_);
    ASSERT_TRUE(quorum.open());
    EXPECT_EQ(quorum.append(make_batch(1, 10), LeaderEpoch(1)).base, Offset(1));
    EXPECT_TRUE(quorum.wait_durable(Offset(2)));
    other.kill();
  }
  LogLife again(world_, other, options_);
  ASSERT_TRUE(again.open());
  EXPECT_EQ(again.log().log_start(), Offset(1));
  EXPECT_EQ(again.log().readable_end(), Offset(2));
  other.kill();
}

TEST_F(PartitionLogTest, ASegmentThatIsTooOldEndsBeforeTheNextBatch) {
  options_.segment_age = std::chrono::seconds(10);
  reopen();
  fill(2, 10);
  EXPECT_EQ(life_->log().view()->segment_count(), 1U);
  world_.run_for(std::chrono::seconds(11));
  fill(2, 10);
  EXPECT_EQ(life_->log().view()->segment_count(), 2U);
}

// C17: a segment's age is the broker's, whatever times its records bear.
TEST_F(PartitionLogTest, OldAndNewTimesInTurnDoNotEndSegments) {
  options_.segment_bytes = std::uint64_t{1} << 30;
  options_.segment_age = std::chrono::days(1);
  reopen();
  constexpr std::int64_t kNowMs = 1'700'000'000'000;
  constexpr std::int64_t kMonthMs = std::int64_t{30} * 86'400'000;
  for (int turn = 0; turn < 50; turn++)
    life_->inside([&] {
      for (int i = 0; i < 100; i++)
        life_->log().append(StampedBatch::stamp(make_batch(1, 10, kNowMs - (i % 2) * kMonthMs),
                                                life_->log().next_offset(), LeaderEpoch(1))
                                .value());
    });
  ASSERT_TRUE(life_->wait_durable(Offset(5000)));
  EXPECT_EQ(life_->log().view()->segment_count(), 1U);
}

// C30: a log that retention emptied, rolled again and again while nothing comes.
TEST_F(PartitionLogTest, RollingLetsEverythingGoAndTheLogGoesOn) {
  Offset end = fill(3, 10);
  for (int round = 0; round < 3; round++) {
    life_->inside([&] {
      life_->log().set_high_watermark(end);
      life_->log().set_log_start(end);
      life_->log().roll();
      life_->log().roll();
    });
    ASSERT_TRUE(life_->checkpoint(end));
    world_.run_for(std::chrono::seconds(3));
    std::vector<std::string> left;
    for (const std::string& file : node_.disk("/d").files())
      if (file.ends_with(".log")) left.push_back(file);
    ASSERT_EQ(left.size(), 1U);
    EXPECT_TRUE(left[0].ends_with(segment_file_name(end))) << left[0];
    reopen();
    EXPECT_EQ(life_->log().log_start(), end);
    ASSERT_EQ(life_->log().readable_end(), end);
    end = fill(2, 10);
  }
}

TEST_F(PartitionLogTest, ACheckpointThatSaysNothingNewIsNotWrittenAgain) {
  Offset end;
  for (int records = 0; records < 2; records++) {
    ASSERT_TRUE(life_->checkpoint(end));
    reopen();
    EXPECT_EQ(life_->report.log.checkpoint->offset, end);
    node_.disk("/d").faults.sync_error = 1;
    EXPECT_TRUE(life_->checkpoint(end));  // It would have failed.
    node_.disk("/d").faults.sync_error = 0;
    end = fill(1);
  }
}

// R11: what a failed sync of the checkpoint may have lost is on the same disk as the records.
TEST_F(PartitionLogTest, ACheckpointWhoseSyncFailsEndsTheLog) {
  const Offset end = fill(2);
  node_.disk("/d").faults.sync_error = 1;
  const auto stored = life_->checkpoint(end);
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().code, Errc::io_error);
  ASSERT_TRUE(life_->owner().failure);
  EXPECT_EQ(life_->owner().failure->code, Errc::io_error);
  EXPECT_NE(life_->owner().failure->context.find("its checkpoint"), std::string::npos);
}

TEST_F(PartitionLogTest, AFullDiskDelaysTheRemovalOnly) {
  const Offset end = fill(40);
  sim::Disk& disk = node_.disk("/d");
  const std::size_t files = disk.files().size();
  life_->inside([&] {
    life_->log().set_high_watermark(end);
    life_->log().set_log_start(end);
  });
  disk.faults.copies_on_write = true;
  disk.faults.capacity_bytes = disk.used_bytes();
  EXPECT_EQ(life_->checkpoint(end).error().code, Errc::disk_full);
  EXPECT_FALSE(life_->owner().failure);

  disk.faults.capacity_bytes = std::uint64_t{1} << 40;
  fill(1);
  world_.run_for(std::chrono::seconds(3));
  EXPECT_GE(disk.files().size(), files) << "not before it is asked for again";
  bool due = false;
  life_->inside([&] { due = life_->log().removal_is_due(); });
  ASSERT_TRUE(due);
  EXPECT_TRUE(life_->checkpoint(end));
  world_.run_for(std::chrono::seconds(1));
  EXPECT_LT(disk.files().size(), files / 2);
  life_->inside([&] { due = life_->log().removal_is_due(); });
  EXPECT_FALSE(due);
}

TEST_F(PartitionLogTest, CheckpointRemovesWhatIsBelowTheStart) {
  const Offset end = fill(40);
  ASSERT_GE(life_->log().view()->segment_count(), 3U);
  life_->inside([&] {
    life_->log().set_high_watermark(end);
    life_->log().set_log_start(end - 1);
  });
  ASSERT_TRUE(life_->checkpoint(end, "state"));
  EXPECT_EQ(life_->log().view()->segment_count(), 1U);
  world_.run_for(std::chrono::seconds(1));
  std::size_t left = 0;
  for (const std::string& file : node_.disk("/d").files()) left += file.ends_with(".log") ? 1 : 0;
  EXPECT_EQ(left, 1U);
  const auto stored = world_.run(life_->core(), load_checkpoint(life_->files(), LogLife::kFolder));
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->producer_state, "state");
  EXPECT_EQ(stored->log_start, end - 1);
}

// Kafka's rule: the start falls with the batch that it is in the middle of.
TEST_F(PartitionLogTest, ACutThroughTheBatchOfTheLogsStartTakesTheStartBack) {
  const auto first = life_->append(make_batch(5, 100), LeaderEpoch(1));
  const auto second = life_->append(make_batch(5, 100), LeaderEpoch(1));
  ASSERT_TRUE(life_->wait_durable(second.next));
  life_->inside([&] { life_->log().set_log_start(second.base + 2); });
  ASSERT_TRUE(life_->truncate(second.base + 3));
  EXPECT_EQ(life_->log().readable_end(), first.next);
  EXPECT_EQ(life_->log().log_start(), first.next);
  const auto again = life_->append(make_batch(1, 100), LeaderEpoch(1));
  EXPECT_EQ(again.base, first.next);
  ASSERT_TRUE(life_->wait_durable(again.next));
}

}  // namespace
}  // namespace ropewalk::log
