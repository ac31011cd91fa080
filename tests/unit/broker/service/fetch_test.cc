#include "broker/service/fetch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/broker/service/fetch_rig.h"

namespace ropewalk::service {
namespace {

class ShortFetchTest : public FetchTest {
 protected:
  ShortFetchTest() : FetchTest({.fetch_wait_max = milliseconds(200)}) {}
};

TEST_F(ShortFetchTest, WaitsNoLongerThanTheBrokerAllows) {
  const auto begun = rig_.environment().now();
  std::optional<FetchResponse> parked;
  rig_.on_core([&] {
    spawn_fetch(request({ServiceRig::from(topic_, 0, 0)}, std::chrono::minutes(10)), parked);
  });
  ASSERT_TRUE(rig_.until([&] { return parked.has_value(); }));
  EXPECT_GE(rig_.environment().now() - begun, milliseconds(200));
  EXPECT_LT(rig_.environment().now() - begun, milliseconds(400));
}

// R8: also a fetch that was parked while the lease ran out.
TEST_F(FetchTest, WithoutALeaseNothingIsRead) {
  produce(0);
  rig_.lease_holds = false;
  const auto refused = rig_.fetch(request({ServiceRig::from(topic_, 0, 0)}));
  EXPECT_EQ(refused.partitions[0].error.code, Errc::not_leader_or_follower);
  EXPECT_EQ(refused.partitions[0].records_bytes, 0u);

  rig_.lease_holds = true;
  std::optional<FetchResponse> parked;
  rig_.on_core([&] {
    spawn_fetch(request({ServiceRig::from(topic_, 0, 1)}, std::chrono::minutes(1)), parked);
  });
  rig_.world.run_for(milliseconds(100));
  ASSERT_FALSE(parked);
  rig_.on_core([&] {
    auto turn = rig_.use_cases->produce_turn();
    ProduceRequest last;
    last.partitions.push_back(ServiceRig::to(topic_, 0, ServiceRig::batch()));
    turn.add(rig_.context(), std::move(last), [](ProduceResponse) {});
    turn.go();
    rig_.lease_holds = false;
  });
  ASSERT_TRUE(rig_.until([&] { return parked.has_value(); }));
  EXPECT_EQ(parked->partitions[0].error.code, Errc::not_leader_or_follower);
  EXPECT_EQ(parked->partitions[0].records_bytes, 0u);
}

TEST_F(FetchTest, ReturnsWholeBatchesFromTheOneThatHoldsTheOffset) {
  produce(0);
  produce(0);
  const auto all = rig_.fetch(request({ServiceRig::from(topic_, 0, 0)}));
  const auto second = rig_.fetch(request({ServiceRig::from(topic_, 0, 1)}));
  ASSERT_EQ(all.partitions[0].error.code, Errc::none);
  EXPECT_EQ(all.partitions[0].high_watermark, Offset(2));
  EXPECT_EQ(all.partitions[0].last_stable, Offset(2));
  EXPECT_EQ(all.partitions[0].log_start, Offset(0));
  EXPECT_EQ(all.partitions[0].records_bytes, 2 * second.partitions[0].records_bytes);
  EXPECT_EQ(all.session_id, 0);
}

// Whoever reads goes on asking, and finds the leader that comes instead of this one.
TEST_F(FetchTest, AFailedDiskIsAnErrorThatPasses) {
  produce(0);
  rig_.node.disk("/data").faults.read_error = 1;
  const auto answer = rig_.fetch(request({ServiceRig::from(topic_, 0, 0)}));
  EXPECT_EQ(answer.partitions[0].error.code, Errc::kafka_storage_error);
  EXPECT_TRUE(is_retriable(answer.partitions[0].error.code));
}

TEST_F(FetchTest, ReturnsAtOnceWithoutWaitAndAfterTheWaitWithNothing) {
  const env::Duration before = rig_.world.now();
  EXPECT_EQ(rig_.fetch(request({ServiceRig::from(topic_, 0, 0)})).partitions[0].records_bytes, 0u);
  EXPECT_LT(rig_.world.now() - before, milliseconds(50));
  rig_.fetch(request({ServiceRig::from(topic_, 0, 0)}, milliseconds(300)));
  EXPECT_GE(rig_.world.now() - before, milliseconds(300));
}

TEST_F(FetchTest, IsWokenByAnAppendToAnyOfItsPartitions) {
  std::optional<FetchResponse> response;
  rig_.on_core([&] { spawn_fetch(request(all_three(), std::chrono::seconds(100)), response); });
  rig_.world.run_for(std::chrono::seconds(1));
  EXPECT_FALSE(response);
  produce(2);
  ASSERT_TRUE(rig_.until([&] { return response.has_value(); }));
  EXPECT_EQ(response->partitions[0].records_bytes, 0u);
  EXPECT_GT(response->partitions[2].records_bytes, 0u);
}

TEST_F(FetchTest, WaitsForItsLeastBytesAndThenHasThemAll) {
  std::optional<FetchResponse> response;
  FetchRequest wanted = request(all_three(), std::chrono::seconds(100));
  wanted.bytes_min = 2500;
  produce(0, 1000);
  rig_.on_core([&] { spawn_fetch(std::move(wanted), response); });
  produce(0, 1000);
  rig_.world.run_for(std::chrono::seconds(1));
  EXPECT_FALSE(response);
  produce(1, 1000);
  ASSERT_TRUE(rig_.until([&] { return response.has_value(); }));
  EXPECT_GT(response->partitions[0].records_bytes, 2000u);
  EXPECT_GT(response->partitions[1].records_bytes, 1000u);
}

TEST_F(FetchTest, KeepsToItsMostBytesButNeverReturnsNothing) {
  produce(0, 5000);
  produce(0, 5000);
  produce(1, 5000);
  FetchRequest wanted = request(all_three());
  wanted.bytes_max = 100;
  const auto response = rig_.fetch(std::move(wanted));
  EXPECT_GT(response.partitions[0].records_bytes, 5000u);
  EXPECT_LT(response.partitions[0].records_bytes, 6000u);
  EXPECT_EQ(response.partitions[1].records_bytes, 0u);
}

TEST_F(FetchTest, KeepsToThePartitionsMostBytes) {
  for (int i = 0; i < 10; i++) produce(0, 1000);
  auto from = ServiceRig::from(topic_, 0, 0);
  from.bytes_max = 3500;
  const auto response = rig_.fetch(request({from}));
  EXPECT_GT(response.partitions[0].records_bytes, 3000u);
  EXPECT_LE(response.partitions[0].records_bytes, 3500u);
}

TEST_F(FetchTest, AnErrorOfOnePartitionAnswersAtOnceBesideTheOthers) {
  produce(1);
  TopicId unknown;
  unknown.bytes.fill(99);
  const auto response =
      rig_.fetch(request({ServiceRig::from(unknown, 0, 0), ServiceRig::from(topic_, 1, 0),
                          ServiceRig::from(topic_, 0, 7), ServiceRig::from(topic_, 9, 0)},
                         std::chrono::seconds(100)));
  EXPECT_EQ(response.error.code, Errc::none);
  EXPECT_EQ(response.partitions[0].error.code, Errc::unknown_topic_id);
  EXPECT_GT(response.partitions[1].records_bytes, 0u);
  EXPECT_EQ(response.partitions[2].error.code, Errc::offset_out_of_range);
  EXPECT_EQ(response.partitions[2].log_start, Offset(0));
  EXPECT_EQ(response.partitions[3].error.code, Errc::unknown_topic_or_partition);
}

TEST_F(FetchTest, NamesTheLeader) {
  const TopicId theirs = rig_.add_topic("theirs", 1, BrokerId(2));
  const auto response = rig_.fetch(request({ServiceRig::from(theirs, 0, 0)}));
  EXPECT_EQ(response.partitions[0].error.code, Errc::not_leader_or_follower);
  EXPECT_EQ(response.partitions[0].current_leader.port, 9292);
}

TEST_F(FetchTest, EndsWhenLeadershipEnds) {
  std::optional<FetchResponse> response;
  rig_.on_core([&] { spawn_fetch(request(all_three(), std::chrono::seconds(100)), response); });
  rig_.world.run_for(milliseconds(100));
  rig_.on_core([&] { (*rig_.replicas->find({topic_, 1}))->stop_leading(LeaderEpoch(5)); });
  ASSERT_TRUE(rig_.until([&] { return response.has_value(); }));
  EXPECT_EQ(response->partitions[1].error.code, Errc::not_leader_or_follower);
}

TEST_F(FetchTest, ChargesMemoryUntilTheAnswerIsGone) {
  produce(0, 5000);
  {
    const auto response = rig_.fetch(request({ServiceRig::from(topic_, 0, 0)}));
    EXPECT_GE(rig_.fetch_budget.used_bytes(), 5000u);
    EXPECT_EQ(rig_.fetch_budget.used_bytes(), response.memory.bytes());
  }
  EXPECT_EQ(rig_.fetch_budget.used_bytes(), 0u);
}

// Peers that take nothing may hold all of it for long.
TEST_F(FetchTest, AnswersFromTheFileWhenTheMemoryIsUsedUp) {
  produce(0, 5000);
  const auto all = rig_.fetch_budget.take(1 << 20);
  const auto response = rig_.fetch(request({ServiceRig::from(topic_, 0, 0)}));
  EXPECT_EQ(response.partitions[0].error.code, Errc::none);
  EXPECT_GT(response.partitions[0].records_bytes, 5000u);
  ASSERT_EQ(response.partitions[0].records.size(), 1u);
  EXPECT_TRUE(std::holds_alternative<env::FileRange>(response.partitions[0].records[0]));
  EXPECT_EQ(response.memory.bytes(), 0u);
}

TEST_F(FetchTest, LargeReadsAreFileRangesThatCostNoMemory) {
  for (int i = 0; i < 5; i++) produce(0, 20'000);
  const auto response = rig_.fetch(request({ServiceRig::from(topic_, 0, 0)}));
  EXPECT_GT(response.partitions[0].records_bytes, 100'000u);
  EXPECT_EQ(rig_.fetch_budget.used_bytes(), 0u);
}

TEST_F(FetchTest, AsksTheAuthorizer) {
  rig_.authorizer.forbidden = "t";
  EXPECT_EQ(rig_.fetch(request(all_three())).partitions[0].error.code,
            Errc::topic_authorization_failed);
}

TEST_F(FetchTest, ListsBeginAndEnd) {
  produce(0);
  std::vector<ListOffsetsPartition> wanted(3);
  for (auto& partition : wanted) partition.topic.id = topic_;
  wanted[1].query = OffsetQuery::earliest;
  wanted[2].partition = 9;
  const auto listed = rig_.world.run(
      rig_.core(), rig_.use_cases->list_offsets.handle(rig_.context(), std::move(wanted)));
  EXPECT_EQ(listed[0].offset, Offset(1));
  EXPECT_EQ(listed[1].offset, Offset(0));
  EXPECT_EQ(listed[2].error.code, Errc::unknown_topic_or_partition);
}

TEST_F(FetchTest, WithoutALeaseNoOffsetsAreListed) {
  rig_.lease_holds = false;
  std::vector<ListOffsetsPartition> wanted(1);
  wanted[0].topic.id = topic_;
  const auto listed = rig_.world.run(
      rig_.core(), rig_.use_cases->list_offsets.handle(rig_.context(), std::move(wanted)));
  EXPECT_EQ(listed[0].error.code, Errc::not_leader_or_follower);
}

class OffsetsByTime : public FetchTest {
 protected:
  // A batch with a record for each of the times.
  void produce_at(std::vector<std::int64_t> times, Codec codec = Codec::none) {
    BatchBuilder builder;
    for (const std::int64_t time : times) {
      NewRecord record;
      record.timestamp = time;
      record.value = as_bytes("v");
      builder.append(record);
    }
    const ProduceResult stored =
        rig_.produce_one(ServiceRig::to(topic_, 0, builder.finish(codec).value()));
    ASSERT_EQ(stored.error.code, Errc::none) << to_string(stored.error);
  }
  ListedOffset ask(OffsetQuery query, std::int64_t time = -1) {
    std::vector<ListOffsetsPartition> wanted(1);
    wanted[0].topic.id = topic_;
    wanted[0].query = query;
    wanted[0].timestamp_ms = time;
    auto listed = rig_.world.run(
        rig_.core(), rig_.use_cases->list_offsets.handle(rig_.context(), std::move(wanted)));
    EXPECT_EQ(listed[0].error.code, Errc::none) << to_string(listed[0].error);
    return listed[0];
  }
  std::int64_t since(std::int64_t time) {
    return ask(OffsetQuery::by_timestamp, time).offset.value();
  }
};

TEST_F(OffsetsByTime, AreThoseOfTheFirstRecordThatIsLateEnough) {
  produce_at({100, 300, 200});
  produce_at({250, 400}, Codec::lz4);
  EXPECT_EQ(since(0), 0);
  EXPECT_EQ(since(100), 0);
  EXPECT_EQ(since(101), 1);
  EXPECT_EQ(since(300), 1);
  EXPECT_EQ(since(301), 4);
  EXPECT_EQ(since(401), -1);
  EXPECT_EQ(ask(OffsetQuery::by_timestamp, 301).timestamp_ms, 400);
}

// C12: between two records the later one, and nothing behind the last or in an empty partition.
TEST_F(OffsetsByTime, NothingIsThatLateInAnEmptyPartition) {
  EXPECT_EQ(since(0), -1);
  EXPECT_EQ(ask(OffsetQuery::by_timestamp, 5).timestamp_ms, -1);
  for (const std::int64_t time : {2, 4, 6, 8}) produce_at({time});
  EXPECT_EQ(since(2), 0);
  EXPECT_EQ(since(3), 1);
  EXPECT_EQ(since(8), 3);
  EXPECT_EQ(since(9), -1);
}

// C14: of a topic that stamps batches itself, the first record of the latest batch; of times in a
// compressed batch, the first of the latest.
TEST_F(OffsetsByTime, TheLatestTimeOfAnyKindOfBatch) {
  produce_at({10, 30, 20, 30}, Codec::gzip);
  EXPECT_EQ(ask(OffsetQuery::max_timestamp).offset, Offset(1));
  EXPECT_EQ(ask(OffsetQuery::max_timestamp).timestamp_ms, 30);
  const TopicId stamped =
      rig_.add_topic("s", 1, ServiceRig::kSelf, {{"message.timestamp.type", "LogAppendTime"}});
  for (int i = 0; i < 2; i++) {
    rig_.world.run_for(std::chrono::seconds(1));
    rig_.produce_one(ServiceRig::to(stamped, 0, ServiceRig::batch(3)));
  }
  std::vector<ListOffsetsPartition> wanted(1);
  wanted[0].topic.id = stamped;
  wanted[0].query = OffsetQuery::max_timestamp;
  const auto listed = rig_.world.run(
      rig_.core(), rig_.use_cases->list_offsets.handle(rig_.context(), std::move(wanted)));
  EXPECT_EQ(listed[0].offset, Offset(3));
}

TEST_F(OffsetsByTime, TheLatestTimeIsThatOfItsFirstRecord) {
  EXPECT_EQ(ask(OffsetQuery::max_timestamp).offset, kNoOffset);
  produce_at({100, 300, 200});
  produce_at({300});
  produce_at({50});
  const ListedOffset latest = ask(OffsetQuery::max_timestamp);
  EXPECT_EQ(latest.offset, Offset(1));
  EXPECT_EQ(latest.timestamp_ms, 300);
}

TEST_F(OffsetsByTime, WhatWasDeletedDoesNotCount) {
  produce_at({100, 300, 200});
  produce_at({250});
  std::optional<Result<Offset>> deleted;
  rig_.on_core([&] {
    rig_.replicas->find({topic_, 0})
        .value()
        ->delete_before(Offset(2), {}, [&](Result<Offset> start) { deleted = std::move(start); });
  });
  ASSERT_TRUE(rig_.until([&] { return deleted.has_value(); }));
  ASSERT_TRUE(*deleted) << to_string(deleted->error());
  EXPECT_EQ(since(0), 2);
  EXPECT_EQ(since(201), 3);
  EXPECT_EQ(since(251), -1);
  EXPECT_EQ(ask(OffsetQuery::max_timestamp).offset, Offset(3));
  EXPECT_EQ(ask(OffsetQuery::earliest).offset, Offset(2));
}

}  // namespace
}  // namespace ropewalk::service
