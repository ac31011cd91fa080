#include "common/records/batch_filter.h"

#include <functional>
#include <random>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/records/batch_builder.h"
#include "common/records/record_reader.h"

namespace ropewalk {
namespace {

using testing::ElementsAre;

constexpr std::size_t kLimit = 1 << 20;
constexpr std::int64_t kHorizon = 1'700'000'000'000;

struct Record {
  std::int64_t offset = 0;
  std::int64_t timestamp = 0;
  std::string key;
  std::optional<std::string> value;
  bool operator==(const Record&) const = default;
};

class Chooses final : public RecordFilter {
 public:
  explicit Chooses(std::function<bool(const RecordView&)> keeps) : keeps_(std::move(keeps)) {}
  bool keeps(const RecordView& record) override { return keeps_(record); }

 private:
  std::function<bool(const RecordView&)> keeps_;
};

std::vector<Record> records_of(ByteSpan batch) {
  std::vector<Record> all;
  auto reader = RecordReader::open(batch, kLimit).value();
  while (const auto record = reader.next().value()) {
    Record& into = all.emplace_back();
    into.offset = record->offset.value();
    into.timestamp = record->timestamp;
    into.key = as_text(*record->key);
    if (record->value) into.value = as_text(*record->value);
  }
  return all;
}

std::vector<std::byte> bytes_of(const SharedBytes& batch) {
  return {batch.span().begin(), batch.span().end()};
}

// At offset 100, times from 1000 on; every third record is a tombstone.
std::vector<std::byte> batch_in(Codec codec, int count = 30) {
  BatchBuilder builder;
  for (int i = 0; i < count; i++) {
    const std::string key = "key " + std::to_string(i);
    const std::string value = std::string(static_cast<std::size_t>(i) * 7, 'v');
    NewRecord record;
    record.timestamp = 1000 + i;
    record.key = as_bytes(key);
    if (i % 3 != 0) record.value = as_bytes(value);
    const RecordHeader header{"h", as_bytes(value)};
    record.headers = std::span(&header, 1);
    builder.append(record);
  }
  auto batch = bytes_of(builder.finish(codec, {ProducerId(7), ProducerEpoch(2), 40}).value());
  stamp_base_offset(batch, Offset(100));
  stamp_leader_epoch(batch, LeaderEpoch(3));
  return batch;
}

Result<FilteredBatch> filtered(ByteSpan batch, std::function<bool(const RecordView&)> keeps,
                               std::optional<std::int64_t> horizon = {}) {
  Chooses filter(std::move(keeps));
  return filter_batch(batch, BatchHeader::parse(batch).value(), filter,
                      {.delete_horizon = horizon, .uncompressed_bytes_max = kLimit});
}

bool all(const RecordView&) { return true; }
bool none(const RecordView&) { return false; }

TEST(BatchFilter, LeavesWhatStaysAtItsOffset) {
  for (int codec = 0; codec <= 4; codec++) {
    const auto batch = batch_in(static_cast<Codec>(codec));
    const BatchHeader before = BatchHeader::parse(batch).value();
    std::mt19937_64 random(static_cast<std::uint64_t>(codec) + 1);
    for (int round = 0; round < 20; round++) {
      std::vector<Record> expected;
      const auto result = filtered(batch, [&](const RecordView& record) {
        if (random() % 2 == 0) return false;
        for (Record& known : records_of(batch))
          if (known.offset == record.offset.value()) expected.push_back(std::move(known));
        return true;
      });
      ASSERT_TRUE(result) << to_string(result.error());
      ASSERT_TRUE(result->changed);
      EXPECT_EQ(records_of(*result->changed), expected);
      EXPECT_EQ(result->records, static_cast<std::int32_t>(expected.size()));
      const BatchHeader after = BatchHeader::parse(*result->changed).value();
      EXPECT_TRUE(batch_crc_matches(*result->changed));
      EXPECT_EQ(after.next_offset(), before.next_offset());
      EXPECT_EQ(after.base_offset, before.base_offset);
      EXPECT_EQ(after.last_sequence(), before.last_sequence());
      EXPECT_EQ(after.leader_epoch, before.leader_epoch);
      EXPECT_EQ(after.base_timestamp, before.base_timestamp);
      if (!expected.empty()) {
        EXPECT_EQ(after.max_timestamp, expected.back().timestamp);
        EXPECT_EQ(after.codec().value(), static_cast<Codec>(codec));
      }
    }
  }
}

TEST(BatchFilter, AWholeBatchStaysAsItIs) {
  const auto result = filtered(batch_in(Codec::lz4), all);
  EXPECT_EQ(result->records, 30);
  EXPECT_FALSE(result->changed);
}

TEST(BatchFilter, OfNoRecordTheHeaderIsLeft) {
  const auto result = filtered(batch_in(Codec::zstd), none);
  EXPECT_EQ(result->records, 0);
  ASSERT_EQ(result->changed->size(), kBatchHeaderBytes);
  const BatchHeader header = BatchHeader::parse(*result->changed).value();
  EXPECT_EQ(header.producer_id, ProducerId(7));
  EXPECT_EQ(header.last_sequence(), 69);
  EXPECT_EQ(header.next_offset(), Offset(130));
  EXPECT_TRUE(batch_crc_matches(*result->changed));
  EXPECT_TRUE(records_of(*result->changed).empty());
  const auto again = filtered(*result->changed, all);
  EXPECT_FALSE(again->changed) << "an empty one can be filtered again";
}

// KIP-534: the time is in the batch, so that it does not begin anew with every cleaning.
TEST(BatchFilter, TombstonesAreGivenATimeToGoOnce) {
  for (const Codec codec : {Codec::none, Codec::zstd}) {
    const auto batch = batch_in(codec);
    const auto result = filtered(batch, all, kHorizon);
    ASSERT_TRUE(result->changed);
    const BatchHeader header = BatchHeader::parse(*result->changed).value();
    EXPECT_EQ(delete_horizon_of(header), kHorizon);
    EXPECT_EQ(records_of(*result->changed), records_of(batch)) << "their own times are the same";
    EXPECT_TRUE(batch_crc_matches(*result->changed));
    const auto later = filtered(*result->changed, all, kHorizon + 1000);
    EXPECT_FALSE(later->changed);
  }
}

TEST(BatchFilter, WithoutATombstoneThereIsNoSuchTime) {
  const auto result = filtered(
      batch_in(Codec::none), [](const RecordView& record) { return record.value.has_value(); },
      kHorizon);
  EXPECT_FALSE(delete_horizon_of(BatchHeader::parse(*result->changed).value()));
}

TEST(BatchFilter, TheBrokersTimeStays) {
  auto batch = batch_in(Codec::none);
  stamp_log_append_time(batch, 5000);
  const auto result =
      filtered(batch, [](const RecordView& record) { return record.offset_delta == 3; }, kHorizon);
  const auto left = records_of(*result->changed);
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0].timestamp, 5000);
}

TEST(BatchFilter, RefusesWhatIsNoBatch) {
  auto batch = batch_in(Codec::none);
  store_be(batch.data() + batch_at::kRecordsCount, std::int32_t{29});
  EXPECT_EQ(filtered(batch, all).error().code, Errc::corrupt_message);
  store_be(batch.data() + batch_at::kRecordsCount, std::int32_t{31});
  EXPECT_EQ(filtered(batch, all).error().code, Errc::corrupt_message);
}

}  // namespace
}  // namespace ropewalk
