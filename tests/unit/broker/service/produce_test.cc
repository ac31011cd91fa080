#include "broker/service/produce.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/broker/service/service_rig.h"

namespace ropewalk::service {
namespace {

class ProduceTest : public testing::Test {
 protected:
  explicit ProduceTest(Limits limits = {}) : rig_(1, limits) {}
  static void expect_error(const ProduceResult& result, Errc code) {
    EXPECT_EQ(result.error.code, code) << to_string(result.error);
    EXPECT_FALSE(result.error.context.empty());
    EXPECT_EQ(result.base_offset, kNoOffset);
  }
  ProduceResult produce(std::int32_t partition, SharedBytes records, std::int16_t acks = -1) {
    return rig_.produce_one(ServiceRig::to(topic_, partition, std::move(records)), acks);
  }
  ProduceRequest request(std::vector<ProducePartition> partitions) {
    ProduceRequest request;
    request.partitions = std::move(partitions);
    return request;
  }
  ServiceRig rig_;
  const TopicId topic_ = rig_.add_topic("t", 2);
};

TEST_F(ProduceTest, AnswersEachPartitionOfEachRequestOfATurn) {
  std::vector<ProduceRequest> requests;
  requests.push_back(request({ServiceRig::to(topic_, 0, ServiceRig::batch(3)),
                              ServiceRig::to(topic_, 1, ServiceRig::batch(1))}));
  requests.push_back(request({ServiceRig::to(topic_, 0, ServiceRig::batch(2))}));
  const auto responses = rig_.produce(std::move(requests));
  EXPECT_EQ(responses[0][0].base_offset, Offset(0));
  EXPECT_EQ(responses[0][1].base_offset, Offset(0));
  EXPECT_EQ(responses[1][0].base_offset, Offset(3));
  EXPECT_EQ(responses[1][0].log_start, Offset(0));
  EXPECT_EQ(rig_.produce_budget.used_bytes(), 0u);
}

class SmallProduceTest : public ProduceTest {
 protected:
  SmallProduceTest() : ProduceTest({.batch_bytes_max = 1000}) {}
};

TEST_F(SmallProduceTest, TakesNoLargerBatchThanTheBrokerAllows) {
  EXPECT_EQ(produce(0, ServiceRig::batch(1, 500)).error.code, Errc::none);
  expect_error(produce(0, ServiceRig::batch(1, 1000)), Errc::message_too_large);
}

TEST_F(ProduceTest, FindsTopicsByNameToo) {
  ProducePartition by_name = ServiceRig::to({}, 0, ServiceRig::batch());
  by_name.topic.name = "t";
  EXPECT_EQ(rig_.produce_one(std::move(by_name)).error.code, Errc::none);
}

TEST_F(ProduceTest, SaysWhatIsNotThere) {
  TopicId other;
  other.bytes.fill(99);
  expect_error(rig_.produce_one(ServiceRig::to(other, 0, ServiceRig::batch())),
               Errc::unknown_topic_id);
  expect_error(produce(2, ServiceRig::batch()), Errc::unknown_topic_or_partition);
  expect_error(produce(-1, ServiceRig::batch()), Errc::unknown_topic_or_partition);
  ProducePartition named = ServiceRig::to({}, 0, ServiceRig::batch());
  named.topic.name = "nope";
  expect_error(rig_.produce_one(named), Errc::unknown_topic_or_partition);
  named.topic.name = "../etc";
  expect_error(rig_.produce_one(named), Errc::invalid_topic);
}

// R8. One look at the clock for all that a turn brings.
TEST_F(ProduceTest, WithoutALeaseNothingIsAppended) {
  rig_.lease_holds = false;
  rig_.lease_looks = 0;
  std::vector<ProduceRequest> requests;
  requests.push_back(request({ServiceRig::to(topic_, 0, ServiceRig::batch()),
                              ServiceRig::to(topic_, 1, ServiceRig::batch())}));
  requests.push_back(request({ServiceRig::to(topic_, 0, ServiceRig::batch())}));
  const auto responses = rig_.produce(std::move(requests));
  expect_error(responses[0][0], Errc::not_leader_or_follower);
  expect_error(responses[0][1], Errc::not_leader_or_follower);
  expect_error(responses[1][0], Errc::not_leader_or_follower);
  EXPECT_EQ(rig_.lease_looks, 1);
  rig_.lease_holds = true;
  EXPECT_EQ(produce(0, ServiceRig::batch()).base_offset, Offset(0));
}

// C46: what follows a refused batch is refused like it until that one comes again, also where the
// partition never saw it.
TEST_F(ProduceTest, KeepsTheOrderOfAPipelineWhoseFirstBatchWasRefused) {
  const auto send = [&](std::int32_t sequence) {
    const ProducerStamp stamp{
        .id = ProducerId(5), .epoch = ProducerEpoch(0), .base_sequence = sequence};
    return produce(0, ServiceRig::batch(1, 20, Codec::none, stamp));
  };
  {
    const auto all = rig_.produce_budget.take(rig_.produce_budget.limit_bytes());
    ASSERT_TRUE(all);
    expect_error(send(0), Errc::budget_exceeded);
  }
  expect_error(send(1), Errc::budget_exceeded);
  for (std::int32_t sequence = 0; sequence < 3; sequence++) {
    const ProduceResult stored = send(sequence);
    EXPECT_EQ(stored.error.code, Errc::none) << to_string(stored.error);
    EXPECT_EQ(stored.base_offset, Offset(sequence));
  }
}

// The refused batch went to another leader and is here by replication, as is its successor, whose
// answer was lost: the connection remembers the refusal, but a retry is a retry.
TEST_F(ProduceTest, APartitionThatKnowsTheProducerKnowsBetterThanTheConnection) {
  const auto stamp = [](std::int32_t sequence) {
    return ProducerStamp{.id = ProducerId(5), .epoch = ProducerEpoch(0), .base_sequence = sequence};
  };
  const auto send = [&](std::int32_t sequence) {
    return produce(0, ServiceRig::batch(1, 20, Codec::none, stamp(sequence)));
  };
  rig_.lease_holds = false;
  expect_error(send(0), Errc::not_leader_or_follower);
  rig_.lease_holds = true;
  auto here = std::exchange(rig_.turn, nullptr);
  EXPECT_EQ(send(0).base_offset, Offset(0));
  EXPECT_EQ(send(1).base_offset, Offset(1));
  std::swap(rig_.turn, here);
  for (int i = 0; i < 2; i++) {
    const ProduceResult again = send(1);
    EXPECT_EQ(again.error.code, Errc::none) << to_string(again.error);
    EXPECT_EQ(again.base_offset, Offset(1));
  }
}

TEST_F(ProduceTest, NamesTheLeader) {
  const TopicId theirs = rig_.add_topic("theirs", 1, BrokerId(2));
  const ProduceResult result = rig_.produce_one(ServiceRig::to(theirs, 0, ServiceRig::batch()));
  expect_error(result, Errc::not_leader_or_follower);
  EXPECT_EQ(result.current_leader.leader, BrokerId(2));
  EXPECT_EQ(result.current_leader.host, "0.0.0.0");
  EXPECT_EQ(result.current_leader.port, 9292);
}

TEST_F(ProduceTest, HoldsTheClientToTheLeaderEpoch) {
  ProducePartition newer = ServiceRig::to(topic_, 0, ServiceRig::batch());
  newer.leader_epoch = LeaderEpoch(9);
  const ProduceResult result = rig_.produce_one(std::move(newer));
  expect_error(result, Errc::unknown_leader_epoch);
  EXPECT_EQ(result.current_leader.leader, ServiceRig::kSelf);
}

TEST_F(ProduceTest, RefusesBadRequests) {
  expect_error(produce(0, ServiceRig::batch(), 2), Errc::invalid_required_acks);
  expect_error(produce(0, ServiceRig::batch(), -2), Errc::invalid_required_acks);
  expect_error(produce(0, SharedBytes(std::string("short"))), Errc::invalid_record);
  std::vector<ProduceRequest> requests;
  requests.push_back(request({ServiceRig::to(topic_, 0, ServiceRig::batch())}));
  requests[0].transactional_id = "x";
  expect_error(rig_.produce(std::move(requests))[0][0], Errc::invalid_request);
}

TEST_F(ProduceTest, RefusesADamagedBatchAndTakesTheOneBesideIt) {
  const SharedBytes good = ServiceRig::batch(2);
  std::string bad(good.text());
  bad.back() ^= 1;
  std::vector<ProduceRequest> requests;
  requests.push_back(request(
      {ServiceRig::to(topic_, 0, SharedBytes(std::move(bad))), ServiceRig::to(topic_, 1, good)}));
  const auto response = rig_.produce(std::move(requests))[0];
  expect_error(response[0], Errc::corrupt_message);
  EXPECT_EQ(response[1].error.code, Errc::none);
}

TEST_F(ProduceTest, KeepsToTheTopicsLargestBatch) {
  const TopicId small =
      rig_.add_topic("small", 1, ServiceRig::kSelf, {{"max.message.bytes", "1000"}});
  expect_error(rig_.produce_one(ServiceRig::to(small, 0, ServiceRig::batch(1, 2000))),
               Errc::message_too_large);
  EXPECT_EQ(rig_.produce_one(ServiceRig::to(small, 0, ServiceRig::batch(1, 100))).error.code,
            Errc::none);
}

TEST_F(ProduceTest, AsksTheAuthorizer) {
  rig_.authorizer.forbidden = "t";
  expect_error(produce(0, ServiceRig::batch()), Errc::topic_authorization_failed);
}

TEST_F(ProduceTest, RefusesWhatTheBudgetDoesNotHold) {
  const auto lease = rig_.produce_budget.take((1 << 20) - 10);
  const ProduceResult result = produce(0, ServiceRig::batch());
  expect_error(result, Errc::budget_exceeded);
  EXPECT_TRUE(is_retriable(result.error.code));
}

TEST_F(ProduceTest, TimesOutAndAnswersOnce) {
  ASSERT_EQ(produce(0, ServiceRig::batch()).error.code, Errc::none);
  rig_.node.disk("/data").faults.sync_stall = 1;
  int answers = 0;
  ProduceResponse response;
  rig_.on_core([&] {
    ProduceTurn turn = rig_.use_cases->produce_turn();
    turn.add(rig_.context(std::chrono::milliseconds(100)),
             request({ServiceRig::to(topic_, 0, ServiceRig::batch())}),
             [&](ProduceResponse answer) {
               response = std::move(answer);
               answers++;
             });
    turn.go();
  });
  ASSERT_TRUE(rig_.until([&] { return answers == 1; }));
  expect_error(response[0], Errc::request_timed_out);
  rig_.world.run_for(std::chrono::seconds(10));
  EXPECT_EQ(answers, 1);
  EXPECT_EQ(rig_.produce_budget.used_bytes(), 0u);
}

TEST_F(ProduceTest, KeepsTheOrderBehindALargeBatch) {
  // The first one is walked in the pool; what comes later to its partition must not overtake it.
  Offset small{-1}, large{-1}, other{-1};
  int answered = 0;
  rig_.on_core([&] {
    ProduceTurn turn = rig_.use_cases->produce_turn();
    const auto produce_to = [&](std::int32_t partition, std::size_t bytes, Offset& offset) {
      turn.add(rig_.context(),
               request({ServiceRig::to(topic_, partition, ServiceRig::batch(1, bytes))}),
               [&](ProduceResponse response) {
                 offset = response[0].base_offset;
                 answered++;
               });
      turn.go();
    };
    produce_to(0, 300'000, large);
    produce_to(0, 10, small);
    produce_to(1, 10, other);
  });
  ASSERT_TRUE(rig_.until([&] { return answered == 3; }));
  EXPECT_EQ(large, Offset(0));
  EXPECT_EQ(small, Offset(1));
  EXPECT_EQ(other, Offset(0));
}

TEST_F(ProduceTest, WalksCompressedBatchesAndNamesTheRecordAtFault) {
  EXPECT_EQ(produce(0, ServiceRig::batch(100, 50, Codec::zstd)).error.code, Errc::none);
  EXPECT_EQ(produce(0, ServiceRig::batch(100, 50, Codec::lz4)).base_offset, Offset(100));
}

TEST_F(ProduceTest, AnswersRetriesOfIdempotentProducersWithTheOriginal) {
  const ProducerStamp stamp{.id = ProducerId(4), .epoch = ProducerEpoch(0), .base_sequence = 0};
  const SharedBytes batch = ServiceRig::batch(2, 20, Codec::none, stamp);
  EXPECT_EQ(produce(0, batch).base_offset, Offset(0));
  EXPECT_EQ(produce(0, batch).base_offset, Offset(0));
  EXPECT_EQ(produce(0, ServiceRig::batch()).base_offset, Offset(2));
}

}  // namespace
}  // namespace ropewalk::service
