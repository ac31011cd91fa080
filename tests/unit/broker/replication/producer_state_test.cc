#include "broker/replication/producer_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ropewalk::replication {
namespace {

constexpr Offset kAll(1 << 30);
constexpr std::int32_t kLastSequence = 0x7FFFFFFF;

struct Builder {
  ProducerId producer{7};
  ProducerEpoch epoch{0};
  std::int32_t sequence = 0;
  std::int32_t records = 10;
  operator Sequenced() const {
    return {
        .producer = producer, .epoch = epoch, .first_sequence = sequence, .record_count = records};
  }
};

class ProducerStateTest : public ::testing::Test {
 protected:
  // Appends what check() lets through, as a partition does.
  Result<std::optional<Placed>> produce(const Sequenced& batch) {
    auto checked = state_.check(batch);
    if (checked && !*checked) {
      state_.record(batch, {.base_offset = end_, .record_count = batch.record_count});
      end_ += batch.record_count;
      state_.keep(end_);
    }
    return checked;
  }
  void expect_new(const Sequenced& batch) {
    const auto result = produce(batch);
    ASSERT_TRUE(result) << to_string(result.error());
    EXPECT_FALSE(*result) << "taken for a duplicate";
  }
  void expect_duplicate_at(std::int64_t offset, const Sequenced& batch) {
    const auto result = produce(batch);
    ASSERT_TRUE(result) << to_string(result.error());
    ASSERT_TRUE(*result) << "stored twice";
    EXPECT_EQ((*result)->base_offset, Offset(offset));
  }
  void expect_error(Errc code, const Sequenced& batch) {
    const auto result = produce(batch);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, code) << to_string(result.error());
  }

  ProducerState state_{100};
  Offset end_{1000};
};

TEST_F(ProducerStateTest, AnswersARetryWithTheOriginalsOffset) {
  expect_new(Builder{.sequence = 0});
  expect_new(Builder{.sequence = 10});
  expect_duplicate_at(1000, Builder{.sequence = 0});
  expect_duplicate_at(1010, Builder{.sequence = 10});
  EXPECT_EQ(end_, Offset(1020));
}

TEST_F(ProducerStateTest, KnowsFiveBatchesAndNoSixth) {
  for (int i = 0; i < 6; i++) expect_new(Builder{.sequence = i * 10});
  expect_error(Errc::out_of_order_sequence_number, Builder{.sequence = 0});
  for (int i = 1; i < 6; i++) expect_duplicate_at(1000 + i * 10, Builder{.sequence = i * 10});
}

TEST_F(ProducerStateTest, RefusesGapsAndOverlaps) {
  expect_new(Builder{.sequence = 0});
  expect_error(Errc::out_of_order_sequence_number, Builder{.sequence = 11});
  expect_error(Errc::out_of_order_sequence_number, Builder{.sequence = 5});
  // Same first sequence but another length is no retry.
  expect_error(Errc::out_of_order_sequence_number, Builder{.sequence = 0, .records = 9});
  expect_new(Builder{.sequence = 10});
}

TEST_F(ProducerStateTest, WrapsBetweenBatches) {
  expect_new(Builder{.sequence = kLastSequence - 9});
  expect_error(Errc::out_of_order_sequence_number, Builder{.sequence = 1});
  expect_new(Builder{.sequence = 0});
  expect_new(Builder{.sequence = 10});
}

TEST_F(ProducerStateTest, WrapsInsideABatch) {
  expect_new(Builder{.sequence = kLastSequence - 4});  // ... 2^31-1, 0, 1, 2, 3, 4
  expect_new(Builder{.sequence = 5});
  expect_duplicate_at(1000, Builder{.sequence = kLastSequence - 4});
}

TEST_F(ProducerStateTest, AcceptsAnySequenceOfAnUnknownProducer) {
  expect_new(Builder{.sequence = 4711});
  expect_new(Builder{.sequence = 4721});
}

TEST_F(ProducerStateTest, StartsANewEpochAtZeroAndFencesTheOldOne) {
  expect_new(Builder{.epoch = ProducerEpoch(3), .sequence = 50});
  expect_error(Errc::out_of_order_sequence_number,
               Builder{.epoch = ProducerEpoch(4), .sequence = 60});
  expect_new(Builder{.epoch = ProducerEpoch(4), .sequence = 0});
  expect_error(Errc::invalid_producer_epoch, Builder{.epoch = ProducerEpoch(3), .sequence = 60});
  // Even a retry of what the old epoch wrote is refused: its batches are no longer known.
  expect_error(Errc::invalid_producer_epoch, Builder{.epoch = ProducerEpoch(3), .sequence = 50});
}

TEST_F(ProducerStateTest, KeepsProducersApart) {
  expect_new(Builder{.producer = ProducerId(1)});
  expect_new(Builder{.producer = ProducerId(2)});
  expect_duplicate_at(1010, Builder{.producer = ProducerId(2)});
}

TEST_F(ProducerStateTest, UndoRestoresWhatTheTurnChanged) {
  for (int i = 0; i < 5; i++) expect_new(Builder{.sequence = i * 10});
  const std::string before = state_.encode(kAll);
  state_.record(Builder{.sequence = 50}, {.base_offset = end_, .record_count = 10});
  state_.record(Builder{.sequence = 60}, {.base_offset = end_ + 10, .record_count = 10});
  state_.record(Builder{.producer = ProducerId(8)}, {.base_offset = end_ + 20, .record_count = 10});
  state_.undo(end_, Errc::disk_full);
  EXPECT_EQ(state_.encode(kAll), before);
  expect_duplicate_at(1000, Builder{.sequence = 0});
  expect_new(Builder{.sequence = 50});
}

TEST_F(ProducerStateTest, UndoKeepsWhatIsInTheLog) {
  state_.record(Builder{.sequence = 0}, {.base_offset = end_, .record_count = 10});
  state_.record(Builder{.sequence = 10}, {.base_offset = end_ + 10, .record_count = 10});
  state_.keep(end_ + 10);
  state_.undo(end_ + 10, Errc::disk_full);
  end_ += 10;
  expect_duplicate_at(1000, Builder{.sequence = 0});
  expect_new(Builder{.sequence = 10});
}

// Of a producer without state any sequence is taken, but not past a batch that was refused.
TEST_F(ProducerStateTest, TakesNothingBehindTheRefusedFirstBatch) {
  state_.refused(Builder{.sequence = 0}, Errc::not_enough_replicas);
  expect_error(Errc::not_enough_replicas, Builder{.sequence = 10});
  expect_new(Builder{.sequence = 0});
  expect_new(Builder{.sequence = 10});
}

// Its next sequence is known, and what comes instead would be out of order: but that tells a client
// of lost records, where there is only a batch to be sent again.
TEST_F(ProducerStateTest, TellsAKnownProducerWhyItsPipelineIsRefused) {
  expect_new(Builder{.sequence = 0});
  state_.refused(Builder{.sequence = 10}, Errc::disk_full);
  expect_error(Errc::disk_full, Builder{.sequence = 20});
  expect_error(Errc::disk_full, Builder{.sequence = 30});
  for (int i = 1; i < 4; i++) expect_new(Builder{.sequence = i * 10});
  expect_error(Errc::out_of_order_sequence_number, Builder{.sequence = 50});
}

TEST_F(ProducerStateTest, TellsANewEpochWhyItsPipelineIsRefused) {
  expect_new(Builder{.sequence = 0});
  const ProducerEpoch next(1);
  state_.refused(Builder{.epoch = next, .sequence = 0}, Errc::disk_full);
  expect_error(Errc::disk_full, Builder{.epoch = next, .sequence = 10});
  expect_new(Builder{.epoch = next, .sequence = 0});
  expect_new(Builder{.epoch = next, .sequence = 10});
}

TEST_F(ProducerStateTest, TellsItAgainAsOftenAsThePipelineIsRefused) {
  expect_new(Builder{.sequence = 0});
  for (int round = 0; round < 3; round++) {
    state_.refused(Builder{.sequence = 10}, Errc::disk_full);
    expect_error(Errc::disk_full, Builder{.sequence = 20});
    expect_error(Errc::disk_full, Builder{.sequence = 30});
  }
}

// A refused batch that is not sent again has been given up.
TEST_F(ProducerStateTest, ARefusedPipelineThatComesWithoutItsFirstIsOutOfOrder) {
  expect_new(Builder{.sequence = 0});
  state_.refused(Builder{.sequence = 10}, Errc::disk_full);
  expect_error(Errc::disk_full, Builder{.sequence = 20});
  expect_error(Errc::out_of_order_sequence_number, Builder{.sequence = 20});
}

TEST_F(ProducerStateTest, TakesNothingBehindTheUndoneFirstBatch) {
  state_.record(Builder{.sequence = 0}, {.base_offset = end_, .record_count = 10});
  state_.record(Builder{.sequence = 10}, {.base_offset = end_ + 10, .record_count = 10});
  state_.undo(end_, Errc::disk_full);
  expect_error(Errc::disk_full, Builder{.sequence = 20});
  for (int i = 0; i < 3; i++) expect_new(Builder{.sequence = i * 10});
}

TEST_F(ProducerStateTest, GoesOnWithAnySequenceOfAProducerThatItDoesNotKnow) {
  expect_new(Builder{.sequence = 70});
  expect_new(Builder{.sequence = 80});
}

TEST_F(ProducerStateTest, ACheckpointAndTheRestOfTheLogMakeTheSameState) {
  for (int i = 0; i < 4; i++) expect_new(Builder{.sequence = i * 10});
  expect_new(Builder{.producer = ProducerId(8)});
  ProducerState other(100);
  ASSERT_TRUE(other.decode(state_.encode(Offset(1020))));
  other.record(Builder{.sequence = 20}, {.base_offset = Offset(1020), .record_count = 10});
  other.record(Builder{.sequence = 30}, {.base_offset = Offset(1030), .record_count = 10});
  other.record(Builder{.producer = ProducerId(8)},
               {.base_offset = Offset(1040), .record_count = 10});
  EXPECT_TRUE(other == state_);
}

TEST_F(ProducerStateTest, TruncationRollsBack) {
  for (int i = 0; i < 4; i++) expect_new(Builder{.sequence = i * 10});
  expect_new(Builder{.producer = ProducerId(8)});
  EXPECT_TRUE(state_.truncate_to(Offset(1020)));
  end_ = Offset(1020);
  EXPECT_EQ(state_.producer_count(), 1u);
  expect_duplicate_at(1010, Builder{.sequence = 10});
  expect_error(Errc::out_of_order_sequence_number, Builder{.sequence = 30});
  expect_new(Builder{.sequence = 20});
}

TEST_F(ProducerStateTest, TruncationSaysWhenMoreWasThereThanIsRemembered) {
  for (int i = 0; i < 6; i++) expect_new(Builder{.sequence = i * 10});
  EXPECT_FALSE(state_.truncate_to(Offset(1010))) << "the first batch is forgotten";
  EXPECT_EQ(state_.producer_count(), 0u);
}

TEST_F(ProducerStateTest, ForgetsThoseSilentForLongest) {
  for (int i = 0; i < 101; i++) expect_new(Builder{.producer = ProducerId(i)});
  EXPECT_LE(state_.producer_count(), 100u);
  EXPECT_GE(state_.producer_count(), 80u);
  // The first is forgotten, the last is known.
  expect_new(Builder{.producer = ProducerId(0), .sequence = 99});
  expect_duplicate_at(2000, Builder{.producer = ProducerId(100)});
}

TEST_F(ProducerStateTest, SurvivesASnapshot) {
  for (int i = 0; i < 7; i++) expect_new(Builder{.sequence = i * 10});
  expect_new(Builder{.producer = ProducerId(3), .epoch = ProducerEpoch(2)});
  ProducerState other(100);
  ASSERT_TRUE(other.decode(state_.encode(kAll)));
  EXPECT_TRUE(other == state_);
  EXPECT_EQ(other.encode(kAll), state_.encode(kAll));
}

TEST_F(ProducerStateTest, RefusesADamagedSnapshotAndStaysAsItWas) {
  expect_new(Builder{.sequence = 0});
  const std::string good = state_.encode(kAll);
  for (std::size_t cut = 0; cut < good.size(); cut++) {
    const auto decoded = state_.decode(std::string_view(good).substr(0, cut));
    ASSERT_FALSE(decoded) << cut;
    EXPECT_EQ(decoded.error().code, Errc::corrupt);
  }
  EXPECT_FALSE(state_.decode(good + "x"));
  EXPECT_EQ(state_.encode(kAll), good);
}

}  // namespace
}  // namespace ropewalk::replication
