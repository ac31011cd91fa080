#include "broker/replication/partition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/broker/replication/replica_rig.h"

namespace ropewalk::replication {
namespace {

class PartitionTest : public testing::Test {
 protected:
  PartitionTest() { rig_.lead(LeaderEpoch(1)); }
  sim::DiskFaults& faults() { return rig_.node.disk("/data").faults; }
  static void expect_error(const Result<Appended>& answer, Errc code) {
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, code) << to_string(answer.error());
    EXPECT_FALSE(answer.error().context.empty());
  }
  ReplicaRig rig_{1};
};

TEST_F(PartitionTest, StoresBatchesOneBehindTheOtherUnderItsEpoch) {
  EXPECT_EQ(rig_.produce_one({.records = 3})->base_offset, Offset(0));
  EXPECT_EQ(rig_.produce_one({.records = 2})->base_offset, Offset(3));
  const auto headers = rig_.read_all();
  ASSERT_EQ(headers.size(), 2u);
  EXPECT_EQ(headers[1].base_offset, Offset(3));
  EXPECT_EQ(headers[1].leader_epoch, LeaderEpoch(1));
  EXPECT_EQ(rig_.look().high_watermark, Offset(5));
}

TEST_F(PartitionTest, AcksChooseWhatIsWaitedFor) {
  ASSERT_TRUE(rig_.produce_one({}));  // The files are there.
  faults().sync_stall = 1;
  const auto sink = rig_.produce({{.acks = Acks::none}, {.acks = Acks::leader}, {}});
  rig_.world.run_for(faults().stall / 2);
  ASSERT_EQ(sink->answered, 1u);
  EXPECT_TRUE(sink->answers[0]->has_value()) << "acks=0 waits for the write only";
  EXPECT_EQ(rig_.look().high_watermark, Offset(1)) << "synced counts what is durable";
  ASSERT_TRUE(rig_.until([&] { return sink->answered == 3; }));
  EXPECT_EQ(rig_.look().high_watermark, Offset(4));
}

TEST_F(PartitionTest, ReplicatedDoesNotWaitForTheDisk) {
  ASSERT_TRUE(rig_.produce_one({}));
  rig_.durability = metadata::Durability::replicated;
  rig_.lead(LeaderEpoch(2));
  faults().sync_stall = 1;
  const auto sink = rig_.produce({{}});
  rig_.world.run_for(faults().stall / 2);
  EXPECT_EQ(sink->answered, 1u);
}

TEST_F(PartitionTest, ManyInFlightShareSyncs) {
  ASSERT_TRUE(rig_.produce_one({}));
  std::uint64_t before = 0;
  rig_.on_core([&] { before = rig_.directory->syncer().syncs_done(); });
  std::vector<std::shared_ptr<ProduceLog>> sinks;
  const auto to = rig_.partition();
  rig_.on_core([&] {
    for (int i = 0; i < 200; i++) {
      sinks.push_back(std::make_shared<ProduceLog>());
      ReplicaRig::enter(to, sinks.back(), {{}});
    }
  });
  ASSERT_TRUE(rig_.until([&] { return sinks.back()->answered == 1; }));
  for (const auto& sink : sinks) EXPECT_EQ(sink->answered, 1u);
  std::uint64_t after = 0;
  rig_.on_core([&] { after = rig_.directory->syncer().syncs_done(); });
  EXPECT_LE(after - before, 10u);
}

TEST_F(PartitionTest, AnswersARetryUnderTheSameCondition) {
  ASSERT_TRUE(rig_.produce_one({}));
  faults().sync_stall = 1;
  const auto sink = rig_.produce({{.producer = 9}, {.producer = 9}});
  rig_.world.run_for(faults().stall / 2);
  EXPECT_EQ(sink->answered, 0u) << "the original is not committed yet";
  ASSERT_TRUE(rig_.until([&] { return sink->answered == 2; }));
  EXPECT_EQ((*sink->answers[1])->base_offset, (*sink->answers[0])->base_offset);
  EXPECT_EQ(rig_.look().high_watermark, Offset(2)) << "stored once";
}

TEST_F(PartitionTest, KnowsProducersAfterKillAndPowerCut) {
  ASSERT_TRUE(rig_.produce_one({.records = 5, .producer = 9}));
  ASSERT_TRUE(rig_.produce_one({.records = 5, .producer = 9, .sequence = 5}));
  rig_.kill();
  rig_.restart();
  EXPECT_EQ(rig_.produce_one({.records = 5, .producer = 9})->base_offset, Offset(0));
  rig_.power_cut();
  rig_.restart();
  EXPECT_EQ(rig_.produce_one({.records = 5, .producer = 9, .sequence = 5})->base_offset, Offset(5));
  expect_error(rig_.produce_one({.producer = 9, .sequence = 11}),
               Errc::out_of_order_sequence_number);
  EXPECT_EQ(rig_.produce_one({.producer = 9, .sequence = 10})->base_offset, Offset(10));
}

// C43: 2^31-1 is a sequence, and 0 follows it; nobody forgets that.
TEST_F(PartitionTest, SequencesWrapAlsoAcrossRestarts) {
  constexpr std::int32_t kLast = std::numeric_limits<std::int32_t>::max();
  ASSERT_TRUE(rig_.produce_one({.records = 4, .producer = 9, .sequence = kLast - 1}));  // ... 0, 1
  for (int life = 0; life < 3; life++) {
    EXPECT_EQ(rig_.produce_one({.records = 4, .producer = 9, .sequence = kLast - 1})->base_offset,
              Offset(0))
        << "a retry";
    expect_error(rig_.produce_one({.producer = 9, .sequence = 1}),
                 Errc::out_of_order_sequence_number);
    if (life == 0) rig_.kill();
    if (life == 1) rig_.power_cut();
    if (life < 2) rig_.restart();
  }
  EXPECT_EQ(rig_.produce_one({.producer = 9, .sequence = 2})->base_offset, Offset(4));
}

TEST_F(PartitionTest, KnowsProducersFromTheCheckpointOfACleanStop) {
  ASSERT_TRUE(rig_.produce_one({.records = 5, .producer = 9}));
  EXPECT_TRUE(rig_.world.run(rig_.core(), rig_.manager->stop()));
  rig_.kill();
  rig_.restart();
  EXPECT_EQ(rig_.produce_one({.records = 5, .producer = 9})->base_offset, Offset(0));
  EXPECT_EQ(rig_.look().high_watermark, Offset(5));
}

TEST_F(PartitionTest, KnowsProducersAcrossRolls) {
  rig_.segment_bytes = 1 << 20;
  rig_.lead(LeaderEpoch(2));
  for (int i = 0; i < 40; i++)
    ASSERT_TRUE(rig_.produce_one({.producer = 9, .sequence = i, .value_bytes = 100'000}));
  ASSERT_GT(rig_.look({.from = Offset(0)}).view->segment_count(), 2u);
  rig_.kill();
  rig_.restart();
  EXPECT_EQ(rig_.produce_one({.producer = 9, .sequence = 39})->base_offset, Offset(39));
  EXPECT_EQ(rig_.produce_one({.producer = 9, .sequence = 40})->base_offset, Offset(40));
}

TEST_F(PartitionTest, BrokersDefaultOfSegmentBytesHoldsUnderTheTopics) {
  const auto segments_after = [&] {
    for (int i = 0; i < 30; i++) EXPECT_TRUE(rig_.produce_one({.value_bytes = 100'000}));
    return rig_.look({.from = Offset(0)}).view->segment_count();
  };
  rig_.kill();
  rig_.manager_options.log.segment_bytes = 1 << 20;
  rig_.restart();
  EXPECT_EQ(segments_after(), 1u);  // The topic says 1 GiB.
  rig_.segment_bytes.reset();
  rig_.lead(LeaderEpoch(rig_.epoch.value() + 1));
  EXPECT_GT(segments_after(), 3u);
}

TEST_F(PartitionTest, LosingLeadershipFailsWhoWaits) {
  ASSERT_TRUE(rig_.produce_one({}));
  faults().sync_stall = 1;
  const auto sink = rig_.produce({{}, {.acks = Acks::leader}});
  const auto partition = rig_.partition();
  rig_.on_core([&] { partition->stop_leading(LeaderEpoch(2)); });
  ASSERT_TRUE(rig_.until([&] { return sink->answered == 2; }));
  expect_error(*sink->answers[0], Errc::not_leader_or_follower);
  expect_error(*sink->answers[1], Errc::not_leader_or_follower);
  expect_error(rig_.produce_one({}), Errc::not_leader_or_follower);
  EXPECT_EQ(rig_.look().error.code, Errc::not_leader_or_follower);
}

TEST_F(PartitionTest, ANewEpochGoesOnWhereTheLogEnds) {
  ASSERT_TRUE(rig_.produce_one({.producer = 9}));
  rig_.lead(LeaderEpoch(2));
  EXPECT_EQ(rig_.produce_one({.producer = 9})->base_offset, Offset(0)) << "a retry";
  EXPECT_EQ(rig_.produce_one({.producer = 9, .sequence = 1})->base_offset, Offset(1));
  EXPECT_EQ(rig_.read_all()[1].leader_epoch, LeaderEpoch(2));
}

TEST_F(PartitionTest, HoldsClientsToItsEpoch) {
  expect_error(rig_.produce_one({.expected_epoch = LeaderEpoch(0)}), Errc::fenced_leader_epoch);
  expect_error(rig_.produce_one({.expected_epoch = LeaderEpoch(2)}), Errc::unknown_leader_epoch);
  EXPECT_TRUE(rig_.produce_one({.expected_epoch = LeaderEpoch(1)}));
  EXPECT_EQ(rig_.look({.expected_epoch = LeaderEpoch(0)}).error.code, Errc::fenced_leader_epoch);
}

TEST_F(PartitionTest, AFailedSyncFailsTheReplicaForGood) {
  ASSERT_TRUE(rig_.produce_one({}));
  const auto kept = rig_.partition();
  faults().sync_error = 1;
  expect_error(rig_.produce_one({}), Errc::kafka_storage_error);
  faults().sync_error = 0;
  // Also to who has it at hand.
  auto sink = std::make_shared<ProduceLog>();
  rig_.on_core([&] { ReplicaRig::enter(kept, sink, {TestBatch{}}); });
  ASSERT_TRUE(rig_.until([&] { return sink->answered == 1; }));
  expect_error(*sink->answers[0], Errc::kafka_storage_error);
  Result<std::shared_ptr<Partition>> found;
  rig_.on_core([&] { found = rig_.manager->find(rig_.id); });
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, Errc::kafka_storage_error);
}

TEST_F(PartitionTest, AFullDiskRefusesAndGoesOn) {
  ASSERT_TRUE(rig_.produce_one({.producer = 9}));
  const auto before = rig_.look().high_watermark;
  faults().capacity_bytes = 1;
  expect_error(rig_.produce_one({.producer = 9, .sequence = 1, .value_bytes = 50'000}),
               Errc::disk_full);
  faults().capacity_bytes = UINT64_MAX;
  EXPECT_EQ(rig_.look().high_watermark, before);
  EXPECT_EQ(rig_.produce_one({.producer = 9, .sequence = 1})->base_offset, Offset(1))
      << "what was refused is not remembered";
}

// durability=replicated: nobody waits for the disk, which stands still here.
TEST_F(PartitionTest, TakesNothingNewWhileTooMuchIsNotSynced) {
  rig_.kill();
  rig_.durability = metadata::Durability::replicated;
  rig_.unsynced_bytes_max = 100'000;
  rig_.restart();
  ASSERT_TRUE(rig_.produce_one({.producer = 9}));
  ASSERT_TRUE(rig_.until([&] { return rig_.directory->unsynced().bytes() == 0; }));
  faults().sync_stall = 1;
  ASSERT_TRUE(rig_.produce_one({.producer = 9, .sequence = 1, .value_bytes = 150'000}));
  EXPECT_TRUE(rig_.directory->unsynced().is_full());
  expect_error(rig_.produce_one({.producer = 9, .sequence = 2}), Errc::budget_exceeded);
  expect_error(rig_.produce_one({.producer = 8, .sequence = 0}), Errc::budget_exceeded);
  expect_error(rig_.produce_one({.producer = 8, .sequence = 1}), Errc::budget_exceeded);
  EXPECT_EQ(rig_.produce_one({.producer = 9, .sequence = 1})->base_offset, Offset(1)) << "a retry";
  EXPECT_EQ(rig_.read_all().size(), 2u);
  ASSERT_TRUE(rig_.until([&] { return rig_.directory->unsynced().bytes() == 0; }));
  EXPECT_EQ(rig_.produce_one({.producer = 9, .sequence = 2})->base_offset, Offset(2));
}

TEST_F(PartitionTest, BelowTheFloorItTakesNothingNewButKnowsWhatItHas) {
  ASSERT_TRUE(rig_.produce_one({.producer = 9}));
  rig_.kill();
  rig_.space_limits.floor_bytes = 1 << 20;
  rig_.restart();
  const std::uint64_t used = rig_.node.disk("/data").used_bytes();
  faults().capacity_bytes = used + (1 << 20) - 1;
  ASSERT_TRUE(rig_.until([&] { return rig_.directory->space().is_short(); }));
  expect_error(rig_.produce_one({.producer = 9, .sequence = 1}), Errc::disk_full);
  expect_error(rig_.produce_one({.producer = 8, .sequence = 0}), Errc::disk_full);
  expect_error(rig_.produce_one({.producer = 8, .sequence = 1}), Errc::disk_full);
  EXPECT_EQ(rig_.produce_one({.producer = 9})->base_offset, Offset(0)) << "a retry";
  EXPECT_EQ(rig_.read_all().size(), 1u);
  faults().capacity_bytes = UINT64_MAX;
  ASSERT_TRUE(rig_.until([&] { return !rig_.directory->space().is_short(); }));
  EXPECT_EQ(rig_.produce_one({.producer = 9, .sequence = 1})->base_offset, Offset(1));
}

TEST_F(PartitionTest, WakesAParkedFetchWhenRecordsAreCommitted) {
  ASSERT_TRUE(rig_.produce_one({}));
  const auto fetch = std::make_shared<FetchLog>();
  const auto partition = rig_.partition();
  rig_.on_core([&] { partition->look(fetch, {.from = Offset(1), .watch = true}); });
  ASSERT_TRUE(rig_.until([&] { return fetch->found.has_value(); }));
  EXPECT_EQ(fetch->found->view, nullptr);
  faults().sync_stall = 1;
  const auto sink = rig_.produce({{}});
  rig_.world.run_for(faults().stall / 2);
  EXPECT_EQ(fetch->moves, 0) << "nothing is committed yet";
  ASSERT_TRUE(rig_.until([&] { return fetch->moves == 1; }));
  ASSERT_TRUE(rig_.produce_one({}));
  EXPECT_EQ(fetch->moves, 1) << "a watch tells once";
}

TEST_F(PartitionTest, TellsAParkedFetchThatLeadershipEnds) {
  const auto fetch = std::make_shared<FetchLog>();
  const auto partition = rig_.partition();
  rig_.on_core([&] { partition->look(fetch, {.from = Offset(0), .watch = true}); });
  rig_.on_core([&] { partition->stop_leading(LeaderEpoch(2)); });
  EXPECT_TRUE(rig_.until([&] { return fetch->moves == 1; }));
}

// Whoever watches holds the partition: it must not hold them, or a dead process's never go.
TEST_F(PartitionTest, AWatcherThatIsGoneIsForgotten) {
  const auto partition = rig_.partition();
  auto fetch = std::make_shared<FetchLog>();
  rig_.on_core([&] { partition->look(fetch, {.from = Offset(0), .watch = true}); });
  ASSERT_TRUE(rig_.until([&] { return fetch->found.has_value(); }));
  const std::weak_ptr<FetchLog> gone = fetch;
  fetch.reset();
  EXPECT_TRUE(gone.expired());
  EXPECT_TRUE(rig_.produce_one({}));
}

class PartitionStart : public PartitionTest {
 protected:
  Result<Offset> delete_before(std::optional<Offset> before) {
    const auto partition = rig_.partition();
    std::optional<Result<Offset>> outcome;
    rig_.on_core([&] {
      partition->delete_before(before, {}, [&](Result<Offset> got) { outcome = std::move(got); });
    });
    EXPECT_TRUE(rig_.until([&] { return outcome.has_value(); }));
    return *outcome;
  }
  Offset log_start() { return rig_.look().log_start; }
};

TEST_F(PartitionStart, RetentionTakesWhatIsTooOldAndTheLogGoesOn) {
  ASSERT_TRUE(rig_.produce_one({.records = 3, .producer = 9}));
  rig_.world.run_for(std::chrono::minutes(6));
  EXPECT_EQ(log_start(), Offset(0)) << "kept for ever";
  rig_.retention_ms = 1000;
  rig_.lead(LeaderEpoch(2));
  rig_.world.run_for(std::chrono::minutes(6));
  EXPECT_EQ(log_start(), Offset(3));
  // A retry is still known, though its records are gone.
  EXPECT_EQ(rig_.produce_one({.records = 3, .producer = 9})->base_offset, Offset(0));
  EXPECT_EQ(rig_.produce_one({.producer = 9, .sequence = 3})->base_offset, Offset(3));
  rig_.power_cut();
  rig_.restart();
  EXPECT_EQ(log_start(), Offset(3));
  EXPECT_EQ(rig_.look().high_watermark, Offset(4));
}

TEST_F(PartitionStart, DeletesWhatLiesBeforeAnOffset) {
  ASSERT_TRUE(rig_.produce_one({.records = 5}));
  EXPECT_EQ(delete_before(Offset(2)), Offset(2));
  EXPECT_EQ(delete_before(Offset(1)), Offset(2)) << "it never goes back";
  EXPECT_EQ(log_start(), Offset(2));
  EXPECT_EQ(rig_.look({.from = Offset(1)}).error.code, Errc::offset_out_of_range);
  EXPECT_EQ(delete_before(Offset(6)).error().code, Errc::offset_out_of_range);
  rig_.power_cut();
  rig_.restart();
  EXPECT_EQ(log_start(), Offset(2));
  EXPECT_EQ(delete_before(std::nullopt), Offset(5));
  rig_.power_cut();
  rig_.restart();
  EXPECT_EQ(log_start(), Offset(5));
  EXPECT_EQ(rig_.produce_one({})->base_offset, Offset(5));
}

TEST_F(PartitionTest, MeasuresItsRecordsInEveryRole) {
  const auto partition = rig_.partition();
  const auto measured = [&] {
    std::optional<std::uint64_t> bytes;
    rig_.on_core([&] { partition->measure([&](std::uint64_t got) { bytes = got; }); });
    EXPECT_TRUE(rig_.until([&] { return bytes.has_value(); }));
    return bytes;
  };
  EXPECT_EQ(measured(), 0u);
  ASSERT_TRUE(rig_.produce_one({}));
  EXPECT_EQ(measured(), item_of({}).batch.size());
  rig_.on_core([&] { partition->stop_leading(LeaderEpoch(7)); });
  EXPECT_EQ(measured(), item_of({}).batch.size());
}

TEST_F(PartitionTest, AnUnwatchedFetchIsNotTold) {
  const auto fetch = std::make_shared<FetchLog>();
  const auto partition = rig_.partition();
  rig_.on_core([&] { partition->look(fetch, {.from = Offset(0), .watch = true}); });
  rig_.on_core([&] { partition->unwatch(fetch, 0); });
  ASSERT_TRUE(rig_.produce_one({}));
  EXPECT_EQ(fetch->moves, 0);
}

TEST_F(PartitionTest, NamesTheRangeThatAnOffsetIsOutsideOf) {
  ASSERT_TRUE(rig_.produce_one({.records = 3}));
  const Looked found = rig_.look({.from = Offset(4)});
  EXPECT_EQ(found.error.code, Errc::offset_out_of_range);
  EXPECT_THAT(found.error.context, testing::HasSubstr("0 to 3"));
  EXPECT_EQ(rig_.look({.from = Offset(3)}).error.code, Errc::none);
  EXPECT_EQ(rig_.look({.from = Offset(-1)}).error.code, Errc::offset_out_of_range);
}

TEST_F(PartitionTest, TellsWhereEpochsEndAfterAnyKindOfStop) {
  const auto end_of = [this](std::int32_t epoch) {
    return rig_.look({.end_of = LeaderEpoch(epoch)}).epoch_end;
  };
  ASSERT_TRUE(rig_.produce_one({.records = 3}));
  rig_.lead(LeaderEpoch(2));
  rig_.lead(LeaderEpoch(3));
  ASSERT_TRUE(rig_.produce_one({.records = 2}));
  for (int life = 0; life < 3; life++) {
    EXPECT_EQ(end_of(1), (EpochEnd{LeaderEpoch(1), Offset(3)})) << life;
    EXPECT_EQ(end_of(2), (EpochEnd{LeaderEpoch(1), Offset(3)})) << life;
    EXPECT_EQ(end_of(3), (EpochEnd{LeaderEpoch(3), Offset(5)})) << life;
    EXPECT_EQ(end_of(rig_.epoch.value()), (EpochEnd{rig_.epoch, Offset(5)})) << life;
    EXPECT_FALSE(end_of(rig_.epoch.value() + 1)) << life;
    if (life == 0) rig_.power_cut();
    if (life == 1) EXPECT_TRUE(rig_.world.run(rig_.core(), rig_.manager->stop()));
    if (life == 1) rig_.kill();
    if (life < 2) rig_.restart();
  }
}

// What lies below the start is out of range whatever was read there before.
TEST_F(PartitionTest, AReaderBelowTheStartIsOutOfRangeAndDoesNotDiverge) {
  ASSERT_TRUE(rig_.produce_one({.records = 3}));
  rig_.lead(LeaderEpoch(2));
  ASSERT_TRUE(rig_.produce_one({.records = 2}));
  std::optional<Result<Offset>> deleted;
  const auto at = rig_.partition();
  rig_.on_core([&] {
    at->delete_before(Offset(4), {}, [&](Result<Offset> start) { deleted = std::move(start); });
  });
  ASSERT_TRUE(rig_.until([&] { return deleted.has_value(); }));
  const Looked below = rig_.look({.from = Offset(3), .last_epoch = LeaderEpoch(1)});
  EXPECT_EQ(below.error.code, Errc::offset_out_of_range);
  EXPECT_FALSE(below.diverging);
  const Looked at_start = rig_.look({.from = Offset(4), .last_epoch = LeaderEpoch(1)});
  EXPECT_EQ(at_start.error.code, Errc::none);
  EXPECT_FALSE(at_start.diverging);
  EXPECT_TRUE(rig_.look({.from = Offset(5), .last_epoch = LeaderEpoch(1)}).diverging);
}

TEST_F(PartitionTest, StoppingFailsWhoWaits) {
  ASSERT_TRUE(rig_.produce_one({}));
  faults().sync_stall = 1;
  const auto sink = rig_.produce({{}});
  EXPECT_TRUE(rig_.world.run(rig_.core(), rig_.manager->stop()));
  EXPECT_EQ(sink->answered, 1u);
  expect_error(*sink->answers[0], Errc::not_leader_or_follower);
}

TEST_F(PartitionTest, RemovedReplicasAreGoneWithTheirFiles) {
  ASSERT_TRUE(rig_.produce_one({}));
  rig_.on_core([&] { rig_.manager->remove(rig_.id); });
  ASSERT_TRUE(rig_.until([&] { return rig_.directory->replicas().empty(); }));
  EXPECT_EQ(rig_.partition(), nullptr);
  rig_.world.run_for(std::chrono::seconds(1));
  EXPECT_TRUE(
      rig_.world.run(rig_.core(), rig_.files->list(log::partition_folder(rig_.id))).error().code ==
      Errc::not_found);
}

TEST_F(PartitionTest, ReplicasOnTheDiskAreOpenedAtTheStart) {
  ASSERT_TRUE(rig_.produce_one({}));
  rig_.kill();
  rig_.start();
  EXPECT_EQ(rig_.opened.count, 1u);
  EXPECT_TRUE(rig_.opened.damaged.empty());
  EXPECT_EQ(rig_.look().error.code, Errc::not_leader_or_follower) << "nobody said that it leads";
}

}  // namespace
}  // namespace ropewalk::replication
