#include "broker/replication/refused_sequences.h"

#include <gtest/gtest.h>

namespace ropewalk::replication {
namespace {

constexpr Errc kRefusal = Errc::not_leader_or_follower;

Sequenced batch(std::int32_t sequence, std::int16_t epoch = 0, std::int64_t producer = 7) {
  return {.producer = ProducerId(producer),
          .epoch = ProducerEpoch(epoch),
          .first_sequence = sequence,
          .record_count = 10};
}

// The code that the batch is refused with; none if it may go on.
Errc ask(RefusedSequences& refused, const Sequenced& batch) {
  const auto refusal = refused.refuses(batch);
  return refusal ? refusal->code : Errc::none;
}

TEST(RefusedSequences, RefusesThePipelineBehindARefusedBatch) {
  RefusedSequences refused(10);
  refused.refused(batch(0), kRefusal);
  EXPECT_EQ(ask(refused, batch(10)), kRefusal);
  EXPECT_EQ(ask(refused, batch(20)), kRefusal);
}

TEST(RefusedSequences, LetsAllThroughWhenTheyComeAgainInOrder) {
  RefusedSequences refused(10);
  refused.refused(batch(0), kRefusal);
  EXPECT_EQ(ask(refused, batch(10)), kRefusal);
  EXPECT_EQ(ask(refused, batch(0)), Errc::none);
  EXPECT_EQ(ask(refused, batch(10)), Errc::none);
  EXPECT_TRUE(refused.empty());
}

// The producer gave the first one up: only a new epoch keeps the order now.
TEST(RefusedSequences, CallsASecondTryWithoutTheFirstBatchOutOfOrder) {
  RefusedSequences refused(10);
  refused.refused(batch(0), kRefusal);
  EXPECT_EQ(ask(refused, batch(10)), kRefusal);
  EXPECT_EQ(ask(refused, batch(10)), Errc::out_of_order_sequence_number);
  EXPECT_EQ(ask(refused, batch(0, 1)), Errc::none);
  EXPECT_EQ(ask(refused, batch(10, 1)), Errc::none);
}

TEST(RefusedSequences, KeepsTheEarliestOfTheRefusedOnes) {
  RefusedSequences refused(10);
  refused.refused(batch(10), kRefusal);
  refused.refused(batch(0), Errc::disk_full);
  refused.refused(batch(20), kRefusal);
  EXPECT_EQ(ask(refused, batch(30)), Errc::disk_full);
  EXPECT_EQ(ask(refused, batch(10)), Errc::out_of_order_sequence_number);
  EXPECT_EQ(ask(refused, batch(0)), Errc::none);
}

// A retry of what is stored already is the partition's to answer.
TEST(RefusedSequences, LetsThroughWhatComesBefore) {
  RefusedSequences refused(10);
  refused.refused(batch(50), kRefusal);
  EXPECT_EQ(ask(refused, batch(40)), Errc::none);
  EXPECT_EQ(ask(refused, batch(60)), kRefusal);
}

TEST(RefusedSequences, KnowsThatSequencesWrap) {
  RefusedSequences refused(10);
  refused.refused(batch(0x7FFFFFF6), kRefusal);
  EXPECT_EQ(ask(refused, batch(0)), kRefusal);
  EXPECT_EQ(ask(refused, batch(0x7FFFFFEC)), Errc::none);
}

TEST(RefusedSequences, KeepsProducersApart) {
  RefusedSequences refused(10);
  refused.refused(batch(0, 0, 7), kRefusal);
  EXPECT_EQ(ask(refused, batch(10, 0, 8)), Errc::none);
  EXPECT_EQ(ask(refused, batch(10, 0, 7)), kRefusal);
}

TEST(RefusedSequences, ForgetsBeyondItsBound) {
  RefusedSequences refused(2);
  for (std::int64_t producer = 1; producer <= 3; producer++)
    refused.refused(batch(0, 0, producer), kRefusal);
  EXPECT_EQ(ask(refused, batch(10, 0, 1)), Errc::none);
  EXPECT_EQ(ask(refused, batch(10, 0, 2)), kRefusal);
  EXPECT_EQ(ask(refused, batch(10, 0, 3)), kRefusal);
}

}  // namespace
}  // namespace ropewalk::replication
