#include "client/src/core/fetch_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/records/batch_builder.h"

namespace ropewalk::client {
namespace {

constexpr env::MonotonicTime kNow{std::chrono::hours(1)};
const PartitionName kA{.topic = "a", .partition = 0};
const PartitionName kB{.topic = "b", .partition = 0};

// A batch with those values, the first at `base`.
std::vector<std::byte> batch_at(std::int64_t base, const std::vector<std::string>& values,
                                Codec codec = Codec::none) {
  BatchBuilder builder;
  for (const std::string& value : values)
    builder.append({.timestamp = 1, .key = {}, .value = as_bytes(value)});
  const SharedBytes made = builder.finish(codec).value();
  std::vector<std::byte> batch(made.span().begin(), made.span().end());
  stamp_base_offset(batch, Offset(base));
  return batch;
}
SharedBytes joined(std::initializer_list<std::vector<std::byte>> batches) {
  std::vector<std::byte> all;
  for (const auto& batch : batches) all.insert(all.end(), batch.begin(), batch.end());
  return SharedBytes(std::move(all));
}

std::vector<std::string> values_of(const Result<Records>& records) {
  std::vector<std::string> values;
  for (const ConsumedRecord& record : *records) values.emplace_back(*record.value);
  return values;
}

// Assigned to kA, standing at `offset`.
FetchState standing_at(std::int64_t offset, ConsumerOptions options = {}) {
  FetchState state(options);
  EXPECT_TRUE(state.assign({kA}));
  EXPECT_TRUE(state.seek(kA, offset));
  return state;
}
FetchItem begin_one(FetchState& state) {
  auto items = state.begin_fetches(kNow);
  EXPECT_EQ(items.size(), 1u);
  return items.empty() ? FetchItem{} : items[0];
}

TEST(FetchState, GivesRecordsFromThePositionOn) {
  FetchState state = standing_at(11);
  const FetchItem item = begin_one(state);
  EXPECT_EQ(item.offset, 11);
  state.fetched(item, joined({batch_at(10, {"10", "11"}), batch_at(12, {"12"}, Codec::zstd)}));
  const auto records = state.take();
  EXPECT_THAT(values_of(records), testing::ElementsAre("11", "12"));
  EXPECT_EQ((*records)[0].offset, 11);
  EXPECT_EQ(state.position(kA).value(), 13);
  EXPECT_EQ(begin_one(state).offset, 13);
}

TEST(FetchState, KeepsRecordsAliveWithTheAnswer) {
  Records kept;
  {
    FetchState state = standing_at(0);
    state.fetched(begin_one(state), joined({batch_at(0, {"x"}, Codec::lz4)}));
    kept = std::move(*state.take());
  }
  EXPECT_EQ(*kept[0].value, "x");
  EXPECT_EQ(kept[0].topic, "a");
}

TEST(FetchState, StopsInTheMiddleOfABatchWhenThePollIsFull) {
  FetchState state = standing_at(0, {.poll_records_max = 2});
  state.fetched(begin_one(state), joined({batch_at(0, {"0", "1", "2"}, Codec::zstd)}));
  EXPECT_THAT(values_of(state.take()), testing::ElementsAre("0", "1"));
  EXPECT_EQ(state.position(kA).value(), 2);
  EXPECT_TRUE(state.something_to_take());
  EXPECT_THAT(values_of(state.take()), testing::ElementsAre("2"));
  EXPECT_TRUE(state.take()->empty());
}

TEST(FetchState, PassesControlBatchesAndGaps) {
  FetchState state = standing_at(0);
  const SharedBytes control = build_control_batch({.type = 1, .value = {}, .timestamp = 1});
  std::vector<std::byte> marker(control.span().begin(), control.span().end());
  stamp_base_offset(marker, Offset(5));
  state.fetched(begin_one(state), joined({batch_at(3, {"3"}), marker}));
  EXPECT_THAT(values_of(state.take()), testing::ElementsAre("3"));
  EXPECT_EQ(state.position(kA).value(), 6);
}

TEST(FetchState, DropsAnswersOfAnEarlierGeneration) {
  FetchState state = standing_at(0);
  const FetchItem old = begin_one(state);
  ASSERT_TRUE(state.seek(kA, 7));
  state.fetched(old, joined({batch_at(0, {"0"})}));
  EXPECT_FALSE(state.something_to_take());
  EXPECT_EQ(begin_one(state).offset, 7);
}

TEST(FetchState, DropsWhatWasFetchedWhenItSeeks) {
  FetchState state = standing_at(0);
  state.fetched(begin_one(state), joined({batch_at(0, {"0"})}));
  ASSERT_TRUE(state.seek(kA, 3));
  EXPECT_TRUE(state.take()->empty());
  EXPECT_EQ(state.position(kA).value(), 3);
}

TEST(FetchState, FetchesAheadWithinItsBudget) {
  const std::size_t some = 1000;
  FetchState state({.partition_fetch_bytes_max = some, .prefetch_bytes = 2 * some});
  ASSERT_TRUE(state.assign({kA, kB}));
  ASSERT_TRUE(state.seek(kA, 0));
  ASSERT_TRUE(state.seek(kB, 0));
  auto items = state.begin_fetches(kNow);
  ASSERT_EQ(items.size(), 2u);
  EXPECT_TRUE(state.begin_fetches(kNow).empty()) << "both are on their way";
  state.fetched(items[0], joined({batch_at(0, {std::string(900, 'x')})}));
  EXPECT_TRUE(state.begin_fetches(kNow).empty()) << "enough of it waits to be polled";
  state.fetched(items[1], SharedBytes());
  EXPECT_EQ(state.begin_fetches(kNow).size(), 1u);
  (void)state.take();
  EXPECT_EQ(state.begin_fetches(kNow).size(), 1u);
}

TEST(FetchState, FindsPositionsByItsPolicy) {
  FetchState state({.offset_reset = OffsetReset::latest});
  ASSERT_TRUE(state.assign({kA}));
  EXPECT_TRUE(state.begin_fetches(kNow).empty());
  auto resets = state.begin_resets(kNow);
  ASSERT_EQ(resets.size(), 1u);
  EXPECT_EQ(resets[0].to, OffsetReset::latest);
  EXPECT_TRUE(state.begin_resets(kNow).empty()) << "it is being looked for";
  state.reset_done(resets[0], 40);
  EXPECT_EQ(state.position(kA).value(), 40);
  ASSERT_TRUE(state.seek_to(kA, OffsetReset::earliest));
  EXPECT_EQ(state.begin_resets(kNow)[0].to, OffsetReset::earliest);
}

TEST(FetchState, SaysOnceThatAPositionIsLostAndWaitsForASeek) {
  FetchState state = standing_at(9, {.offset_reset = OffsetReset::fail});
  state.out_of_range(begin_one(state), {Errc::offset_out_of_range, "the log ends at 3"}, kNow);
  EXPECT_EQ(state.take().error().code, Errc::offset_out_of_range);
  EXPECT_TRUE(state.take()->empty());
  EXPECT_TRUE(state.begin_fetches(kNow).empty());
  ASSERT_TRUE(state.seek(kA, 2));
  EXPECT_EQ(begin_one(state).offset, 2);
}

std::vector<std::byte> batch_of_epoch(std::int32_t epoch, std::int64_t base,
                                      const std::vector<std::string>& values) {
  auto batch = batch_at(base, values);
  stamp_leader_epoch(batch, LeaderEpoch(epoch));
  return batch;
}

TEST(FetchState, SaysUnderWhichEpochItReadLast) {
  FetchState state = standing_at(0);
  const FetchItem first = begin_one(state);
  EXPECT_FALSE(first.last_epoch);
  state.fetched(first, joined({batch_of_epoch(3, 0, {"0"}), batch_of_epoch(5, 1, {"1", "2"})}));
  EXPECT_EQ(begin_one(state).last_epoch, 5);
  ASSERT_TRUE(state.seek(kA, 1));
  EXPECT_FALSE(begin_one(state).last_epoch) << "a seek knows no epoch";
}

TEST(FetchState, WhatIsFetchedAgainFollowsWhatWasPolled) {
  FetchState state = standing_at(0);
  auto damaged = batch_of_epoch(5, 1, {"1"});
  damaged.back() ^= std::byte{1};
  state.fetched(begin_one(state), joined({batch_of_epoch(3, 0, {"0"}), damaged}));
  EXPECT_THAT(values_of(state.take()), testing::ElementsAre("0"));
  EXPECT_TRUE(state.take()->empty());
  const FetchItem again = begin_one(state);
  EXPECT_EQ(again.offset, 1);
  EXPECT_EQ(again.last_epoch, 3);
}

TEST(FetchState, GoesBackToWhereTheLogWasCut) {
  FetchState state = standing_at(40);
  state.fetched(begin_one(state), joined({batch_of_epoch(3, 40, {"40", "41", "42"})}));
  const FetchItem behind = begin_one(state);
  const env::MonotonicTime again = kNow + std::chrono::seconds(1);
  state.diverged(behind, 41, 2, again);
  // What was fetched is polled first.
  EXPECT_TRUE(state.begin_fetches(kNow).empty());
  EXPECT_EQ(state.take()->size(), 3u);
  auto items = state.begin_fetches(again);
  ASSERT_EQ(items.size(), 1u);
  state.diverged(items[0], 41, 2, again);
  EXPECT_EQ(state.position(kA).value(), 41);
  const FetchItem from_cut = begin_one(state);
  EXPECT_EQ(from_cut.offset, 41);
  EXPECT_EQ(from_cut.last_epoch, 2);
}

TEST(FetchState, SaysOnceThatTheLogWasCutAndWaitsForASeek) {
  FetchState state = standing_at(43, {.offset_reset = OffsetReset::fail});
  state.diverged(begin_one(state), 41, 2, kNow);
  const auto error = state.take();
  ASSERT_FALSE(error);
  EXPECT_EQ(error.error().code, Errc::offset_out_of_range);
  EXPECT_THAT(error.error().context, testing::HasSubstr("cut at 41"));
  EXPECT_TRUE(state.take()->empty());
  EXPECT_TRUE(state.begin_fetches(kNow).empty());
  ASSERT_TRUE(state.seek(kA, 41));
  EXPECT_EQ(begin_one(state).offset, 41);
}

// An answer that comes too early, while records wait to be polled, is not asked for in a loop.
TEST(FetchState, APositionOutOfRangeIsAskedForAgainLater) {
  FetchState state = standing_at(0);
  state.fetched(begin_one(state), joined({batch_at(0, {"0"})}));
  const env::MonotonicTime again = kNow + std::chrono::seconds(1);
  state.out_of_range(begin_one(state), {Errc::offset_out_of_range, "the log begins at 5"}, again);
  EXPECT_TRUE(state.begin_fetches(kNow).empty());
  EXPECT_EQ(state.next_event_after(kNow), again);
  EXPECT_EQ(state.begin_fetches(again).size(), 1u);
}

TEST(FetchState, GivesWhatComesBeforeADamagedBatchFirst) {
  FetchState state = standing_at(0);
  auto damaged = batch_at(1, {"1"});
  damaged.back() ^= std::byte{1};
  state.fetched(begin_one(state), joined({batch_at(0, {"0"}), damaged}));
  EXPECT_THAT(values_of(state.take()), testing::ElementsAre("0"));
  EXPECT_TRUE(state.take()->empty());
  const FetchItem again = begin_one(state);
  EXPECT_EQ(again.offset, 1) << "it is fetched again";
  EXPECT_TRUE(again.again) << "and whoever sends it is told that";
  state.fetched(again, joined({damaged}));
  EXPECT_EQ(state.take().error().code, Errc::corrupt_message);
  EXPECT_EQ(begin_one(state).offset, 1) << "and again";
}

// Whoever leads by then may have it whole.
TEST(FetchState, ADamagedBatchThatComesWholeIsNoError) {
  FetchState state = standing_at(0);
  auto damaged = batch_at(0, {"0"});
  damaged.back() ^= std::byte{1};
  state.fetched(begin_one(state), joined({damaged}));
  EXPECT_TRUE(state.take()->empty());
  state.fetched(begin_one(state), joined({batch_at(0, {"0"})}));
  EXPECT_THAT(values_of(state.take()), testing::ElementsAre("0"));
}

TEST(FetchState, WaitsBeforeItTriesAgain) {
  FetchState state = standing_at(0);
  const FetchItem item = begin_one(state);
  state.retry(kA, item.generation, kNow + std::chrono::seconds(1));
  EXPECT_TRUE(state.begin_fetches(kNow).empty());
  EXPECT_EQ(state.next_event_after(kNow), kNow + std::chrono::seconds(1));
  EXPECT_EQ(state.begin_fetches(kNow + std::chrono::seconds(1)).size(), 1u);
}

TEST(FetchState, KeepsPositionsOfPartitionsThatStayAssigned) {
  FetchState state = standing_at(5);
  ASSERT_TRUE(state.assign({kA, kB}));
  EXPECT_EQ(state.position(kA).value(), 5);
  EXPECT_FALSE(state.position(kB).value());
  ASSERT_TRUE(state.assign({kB}));
  EXPECT_FALSE(state.position(kA));
  EXPECT_EQ(state.assign({kA, kA}).error().code, Errc::invalid_request);
  EXPECT_EQ(state.assign({{.topic = "a", .partition = -1}}).error().code, Errc::invalid_request);
}

TEST(FetchState, EndsAPollBeforeItHasTooManyBytes) {
  FetchState state = standing_at(0, {.poll_bytes_max = 10});
  state.fetched(begin_one(state), joined({batch_at(0, {"1234", "1234", "1234"}, Codec::zstd),
                                          batch_at(3, {std::string(99, 'x'), "y"})}));
  EXPECT_THAT(values_of(state.take()), testing::ElementsAre("1234", "1234"));
  EXPECT_EQ(state.position(kA).value(), 2);
  EXPECT_THAT(values_of(state.take()), testing::ElementsAre("1234"));
  EXPECT_EQ(state.take()->size(), 1u) << "one record always comes";
  EXPECT_THAT(values_of(state.take()), testing::ElementsAre("y"));
  EXPECT_EQ(state.statistics().records_consumed, 5u);
  EXPECT_EQ(state.statistics().bytes_consumed, 12u + 99 + 1);
}

// Both stand at 0 and are fetched, kA with "a", kB with "b".
FetchState with_both(ConsumerOptions options = {}) {
  FetchState state(options);
  EXPECT_TRUE(state.assign({kA, kB}));
  EXPECT_TRUE(state.seek(kA, 0));
  EXPECT_TRUE(state.seek(kB, 0));
  for (const FetchItem& item : state.begin_fetches(kNow))
    state.fetched(item, joined({batch_at(0, {item.partition.topic})}));
  return state;
}

TEST(FetchState, NeitherGivesNorFetchesWhatIsPaused) {
  FetchState state = with_both();
  ASSERT_TRUE(state.set_paused({kA}, true));
  EXPECT_THAT(state.paused(), testing::ElementsAre(kA));
  EXPECT_THAT(values_of(state.take()), testing::ElementsAre("b"));
  EXPECT_FALSE(state.something_to_take());
  EXPECT_EQ(begin_one(state).partition, kB);
  ASSERT_TRUE(state.set_paused({kA}, false));
  EXPECT_TRUE(state.something_to_take());
  EXPECT_THAT(values_of(state.take()), testing::ElementsAre("a"));
  EXPECT_EQ(begin_one(state).partition, kA);
}

TEST(FetchState, StaysPausedOverSeeksAndAssignmentsThatKeepIt) {
  FetchState state = with_both();
  ASSERT_TRUE(state.set_paused({kA}, true));
  ASSERT_TRUE(state.seek(kA, 7));
  ASSERT_TRUE(state.assign({kA}));
  EXPECT_TRUE(state.begin_fetches(kNow).empty());
  EXPECT_EQ(state.statistics().partitions_paused, 1u);
  ASSERT_TRUE(state.assign({}));
  ASSERT_TRUE(state.assign({kA}));
  EXPECT_TRUE(state.paused().empty());
}

TEST(FetchState, PausesAllOrNone) {
  FetchState state = standing_at(0);
  EXPECT_EQ(state.set_paused({kA, kB}, true).error().code, Errc::invalid_request);
  EXPECT_TRUE(state.paused().empty());
}

// What a paused partition holds would keep the others from being fetched for ever.
TEST(FetchState, WhatIsPausedGivesWayAndIsFetchedAgainLater) {
  const std::size_t some = 1000;
  FetchState state({.partition_fetch_bytes_max = some, .prefetch_bytes = 2 * some});
  ASSERT_TRUE(state.assign({kA, kB}));
  ASSERT_TRUE(state.seek(kA, 0));
  const std::string much(1500, 'a');
  state.fetched(begin_one(state), joined({batch_at(0, {"first", much})}));
  ASSERT_TRUE(state.set_paused({kA}, true));
  ASSERT_TRUE(state.seek(kB, 0));
  EXPECT_EQ(begin_one(state).partition, kB);
  EXPECT_EQ(state.statistics().bytes_buffered, 0u);
  ASSERT_TRUE(state.set_paused({kA}, false));
  const FetchItem again = begin_one(state);
  EXPECT_EQ(again.partition, kA);
  EXPECT_EQ(again.offset, 0);
}

TEST(FetchState, SeeksByTimeWhateverThePolicy) {
  const Timestamp time{std::chrono::milliseconds(77)};
  FetchState state = standing_at(5, {.offset_reset = OffsetReset::fail});
  ASSERT_TRUE(state.seek_to_time(kA, time));
  EXPECT_FALSE(state.position(kA).value());
  const auto resets = state.begin_resets(kNow);
  ASSERT_EQ(resets.size(), 1u);
  EXPECT_EQ(resets[0].from_time, time);
  state.retry(kA, resets[0].generation, kNow);
  EXPECT_EQ(state.begin_resets(kNow).at(0).from_time, time) << "asked again for the same";
  state.reset_done(resets[0], 3);
  EXPECT_EQ(begin_one(state).offset, 3);
  ASSERT_TRUE(state.seek_to_time(kA, time));
  ASSERT_TRUE(state.seek_to(kA, OffsetReset::latest));
  EXPECT_FALSE(state.begin_resets(kNow).at(0).from_time) << "the later seek counts";
}

}  // namespace
}  // namespace ropewalk::client
