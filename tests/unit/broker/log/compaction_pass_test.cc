#include "broker/log/compaction_pass.h"

#include <map>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/records/batch_builder.h"
#include "common/records/batch_filter.h"
#include "common/records/record_reader.h"

namespace ropewalk::log {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::int64_t kNow = 1'700'000'000'000;
constexpr std::size_t kLimit = 1 << 20;

using Bytes = std::vector<std::byte>;
// Null: a tombstone.
using Written = std::pair<std::string, std::optional<std::string>>;

Bytes batch_at_offset(std::int64_t base, const std::vector<Written>& records,
                      Codec codec = Codec::none, const ProducerStamp& producer = {}) {
  BatchBuilder builder;
  for (const auto& [key, value] : records) {
    NewRecord record;
    record.timestamp = kNow - 1000;
    record.key = as_bytes(key);
    if (value) record.value = as_bytes(*value);
    builder.append(record);
  }
  Bytes batch = builder.finish_bytes(codec, producer).value();
  stamp_base_offset(batch, Offset(base));
  return batch;
}

class CompactionPassTest : public testing::Test {
 protected:
  // Compacts the log; what that covers is clean from then on.
  void compact(std::int64_t now = kNow) {
    KeyOffsets keys(keys_max_, 1);
    CompactionPass pass(keys, {.now_ms = now,
                               .delete_retention = std::chrono::milliseconds(500),
                               .is_last_of_producer = [this](ProducerId producer, Offset last) {
                                 const auto known = producers_.find(producer.value());
                                 return known != producers_.end() && known->second == last;
                               }});
    std::size_t end = clean_;
    for (; end < log_.size(); end++)
      if (!pass.learn(log_[end], header_of(log_[end])).value()) break;
    std::vector<Bytes> compacted;
    for (std::size_t i = 0; i < log_.size(); i++) {
      if (i == end) clean_ = compacted.size();
      if (i >= end) {
        compacted.push_back(log_[i]);
        continue;
      }
      auto left = pass.clean(log_[i], header_of(log_[i])).value();
      if (auto* const changed = std::get_if<Bytes>(&left)) compacted.push_back(std::move(*changed));
      if (std::holds_alternative<CompactionPass::Whole>(left)) compacted.push_back(log_[i]);
    }
    if (end == log_.size()) clean_ = compacted.size();
    log_ = std::move(compacted);
    tally_ = pass.tally();
  }
  static BatchHeader header_of(ByteSpan batch) { return BatchHeader::parse(batch).value(); }
  std::vector<std::pair<std::int64_t, Written>> records() const {
    std::vector<std::pair<std::int64_t, Written>> all;
    for (const Bytes& batch : log_) {
      auto reader = RecordReader::open(batch, kLimit).value();
      while (const auto record = reader.next().value()) {
        Written written(as_text(*record->key), std::nullopt);
        if (record->value) written.second = as_text(*record->value);
        all.emplace_back(record->offset.value(), std::move(written));
      }
    }
    return all;
  }
  // What somebody has who reads all of it.
  std::map<std::string, std::string> table() const {
    std::map<std::string, std::string> all;
    for (const auto& [offset, written] : records()) {
      if (written.second)
        all[written.first] = *written.second;
      else
        all.erase(written.first);
    }
    return all;
  }

  std::vector<Bytes> log_;
  std::size_t clean_ = 0;                     // Batches of it.
  std::map<std::int64_t, Offset> producers_;  // Where the last batch of each ends.
  std::size_t keys_max_ = 10'000;
  CompactionTally tally_;
};

TEST_F(CompactionPassTest, LeavesTheLastOfEachKeyAtItsOffset) {
  log_ = {batch_at_offset(0, {{"a", "1"}, {"b", "1"}}), batch_at_offset(2, {{"a", "2"}}),
          batch_at_offset(3, {{"c", "1"}, {"b", "2"}, {"c", "2"}})};
  compact();
  const auto left = records();
  EXPECT_THAT(left, ElementsAre(std::pair(std::int64_t{2}, Written("a", "2")),
                                std::pair(std::int64_t{4}, Written("b", "2")),
                                std::pair(std::int64_t{5}, Written("c", "2"))));
  EXPECT_EQ(log_.size(), 2u) << "of the first batch nothing is left";
  EXPECT_EQ(tally_.records_read, 6u);
  EXPECT_EQ(tally_.records_kept, 3u);
  EXPECT_LT(tally_.bytes_kept, tally_.bytes_read);
}

// Over many rounds, with what is clean read again, whoever reads all has the same.
TEST_F(CompactionPassTest, ReadersOfAllHaveTheSameBeforeAndAfter) {
  std::mt19937_64 random(3);
  std::int64_t offset = 0;
  for (int round = 0; round < 40; round++) {
    for (std::uint64_t batch = 0; batch < 1 + random() % 20; batch++) {
      std::vector<Written> records;
      for (std::uint64_t i = 0; i < 1 + random() % 10; i++) {
        Written written("key " + std::to_string(random() % 60), std::nullopt);
        if (random() % 5 != 0) written.second = std::to_string(random());
        records.push_back(std::move(written));
      }
      log_.push_back(batch_at_offset(offset, records, static_cast<Codec>(random() % 5)));
      offset += static_cast<std::int64_t>(records.size());
    }
    keys_max_ = round % 4 == 0 ? 30 : 10'000;  // Not all of it fits at times.
    const auto before = table();
    compact(kNow + round * 300);
    ASSERT_EQ(table(), before) << "round " << round;
    std::int64_t last = -1;
    for (const auto& [at, written] : records()) {
      ASSERT_GT(at, last);
      last = at;
    }
  }
  EXPECT_LT(records().size(), 400u) << "it does not grow for ever";
}

TEST_F(CompactionPassTest, ATombstoneStaysForItsTime) {
  log_ = {batch_at_offset(0, {{"a", "1"}, {"b", "1"}}), batch_at_offset(2, {{"a", std::nullopt}})};
  compact();
  EXPECT_THAT(records(), ElementsAre(std::pair(std::int64_t{1}, Written("b", "1")),
                                     std::pair(std::int64_t{2}, Written("a", std::nullopt))));
  EXPECT_EQ(delete_horizon_of(header_of(log_.back())), kNow + 500);
  compact(kNow + 499);
  EXPECT_EQ(records().size(), 2u);
  compact(kNow + 500);
  EXPECT_THAT(records(), ElementsAre(std::pair(std::int64_t{1}, Written("b", "1"))));
}

// R9: a duplicate of the producer's last batch must be known after the state is rebuilt.
TEST_F(CompactionPassTest, TheLastBatchOfAProducerLeavesItsHeader) {
  const ProducerStamp producer{ProducerId(7), ProducerEpoch(1), 10};
  log_ = {batch_at_offset(0, {{"a", "1"}}, Codec::lz4, {ProducerId(7), ProducerEpoch(1), 9}),
          batch_at_offset(1, {{"a", "2"}}, Codec::lz4, producer), batch_at_offset(2, {{"a", "3"}})};
  producers_[7] = Offset(1);
  compact();
  ASSERT_EQ(log_.size(), 2u);
  EXPECT_EQ(header_of(log_[0]).last_sequence(), 10);
  EXPECT_EQ(header_of(log_[0]).last_offset(), Offset(1));
  EXPECT_THAT(records(), ElementsAre(std::pair(std::int64_t{2}, Written("a", "3"))));
  producers_[7] = Offset(5);
  compact();
  EXPECT_EQ(log_.size(), 1u) << "it has sent more since";
}

TEST_F(CompactionPassTest, RecordsWithoutAKeyGo) {
  BatchBuilder builder;
  NewRecord record;
  record.value = as_bytes("x");
  builder.append(record);
  log_ = {builder.finish_bytes(Codec::none).value()};
  compact();
  EXPECT_THAT(log_, IsEmpty());
}

TEST_F(CompactionPassTest, ControlBatchesStay) {
  const SharedBytes control = build_control_batch({.type = 1});
  log_ = {Bytes(control.span().begin(), control.span().end())};
  compact();
  EXPECT_EQ(log_.size(), 1u);
}

}  // namespace
}  // namespace ropewalk::log
