// What followers and leaders say to each other, there and back, and what is none of it.
#include "broker/replication/replica_messages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/records/batch_builder.h"
#include "ropewalk/v1/header.pb.h"

namespace ropewalk::replication {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

TopicPartition orders(std::int32_t partition = 3) {
  TopicPartition id;
  id.topic.bytes.fill(7);
  id.partition = partition;
  return id;
}

std::vector<std::byte> batch_at(std::int64_t base, std::int32_t epoch) {
  BatchBuilder builder;
  NewRecord record;
  record.timestamp = 1;
  record.value = as_bytes("value");
  builder.append(record);
  const SharedBytes sealed = builder.finish(Codec::none, {}).value();
  std::vector<std::byte> bytes(sealed.span().begin(), sealed.span().end());
  stamp_base_offset(bytes, Offset(base));
  stamp_leader_epoch(bytes, LeaderEpoch(epoch));
  return bytes;
}

ReplicaNews about_orders() {
  ReplicaNews news;
  news.id = orders();
  return news;
}

// What a follower reads of a leader's answer with these records.
Result<std::vector<ReceivedNews>> received(const ReplicaNews& news,
                                           std::vector<std::byte> records) {
  ReplicaAnswer answer;
  answer.news.push_back(news);
  ReplicaRecords& into = answer.records.emplace_back();
  into.bytes = records.size();
  if (!records.empty()) into.chunks.emplace_back(SharedBytes(std::move(records)));
  const v1::ResponseHeader header;  // Empty: no byte of it, and one that says so.
  std::vector<std::byte> frame;
  for (const env::Chunk& chunk : write_answer(header, std::move(answer))) {
    const ByteSpan bytes = std::get<SharedBytes>(chunk).span();
    frame.insert(frame.end(), bytes.begin(), bytes.end());
  }
  constexpr std::size_t kBeforeBody = 4 + 1;
  const SharedBytes whole(std::move(frame));
  return read_answer(whole.slice(kBeforeBody, whole.size() - kBeforeBody));
}

TEST(ReplicaMessages, AFetchComesBackAsItWas) {
  const ReplicaFetch fetch{
      .session = 0xfedcba9876543210,
      .sequence = 4,
      .wait_max = std::chrono::milliseconds(500),
      .bytes_max = 1 << 20,
      .wants = {{.id = orders(),
                 .leader_epoch = LeaderEpoch(5),
                 .request = FetchFrom{Offset(17), LeaderEpoch(4)},
                 .ends =
                     ReplicaEnds{.generation = 8, .log_end = Offset(17), .durable_end = Offset(9)},
                 .high_watermark = Offset(6),
                 .log_start = Offset(2)},
                {.id = orders(4),
                 .leader_epoch = LeaderEpoch(0),
                 .request = FetchFrom{Offset(0), kNoLeaderEpoch},
                 .high_watermark = Offset(0),
                 .log_start = Offset(0)},
                {.id = orders(5),
                 .leader_epoch = LeaderEpoch(9),
                 .request = AskEpochEnd{LeaderEpoch(0)},
                 .high_watermark = Offset(0),
                 .log_start = Offset(0)}},
      .forgotten = {orders(6)}};
  const auto read = decode_fetch(encode_fetch(fetch).span());
  ASSERT_TRUE(read) << to_string(read.error());
  EXPECT_EQ(*read, fetch);
}

TEST(ReplicaMessages, ProgressComesBackAsItWas) {
  const std::vector<ReplicaProgress> progress = {
      {orders(),
       LeaderEpoch(5),
       {.generation = 2, .log_end = Offset(30), .durable_end = Offset(20)}}};
  const auto read = decode_progress(encode_progress(progress).span());
  ASSERT_TRUE(read) << to_string(read.error());
  EXPECT_EQ(*read, progress);
}

TEST(ReplicaMessages, AnAnswerBringsItsBatches) {
  std::vector<std::byte> records = batch_at(40, 2);
  const std::vector<std::byte> second = batch_at(41, 3);
  records.insert(records.end(), second.begin(), second.end());
  const auto read = received({.id = orders(),
                              .leader_epoch = LeaderEpoch(3),
                              .high_watermark = Offset(40),
                              .log_start = Offset(1),
                              .log_end = Offset(42),
                              .epoch_end = EpochEnd{LeaderEpoch(2), Offset(41)},
                              .begin_at = Offset(39)},
                             records);
  ASSERT_TRUE(read) << to_string(read.error());
  ASSERT_EQ(read->size(), 1u);
  const ReceivedNews& news = read->front();
  EXPECT_EQ(news.news.id, orders());
  EXPECT_EQ(news.news.error.code, Errc::none);
  EXPECT_EQ(news.news.leader_epoch, LeaderEpoch(3));
  EXPECT_EQ(news.news.high_watermark, Offset(40));
  EXPECT_EQ(news.news.log_start, Offset(1));
  EXPECT_EQ(news.news.log_end, Offset(42));
  ASSERT_TRUE(news.news.epoch_end);
  EXPECT_EQ(news.news.epoch_end->end, Offset(41));
  EXPECT_EQ(news.news.begin_at, Offset(39));
  ASSERT_EQ(news.batches.size(), 2u);
  EXPECT_EQ(news.batches[0].batch.base_offset(), Offset(40));
  EXPECT_EQ(news.batches[1].batch.next_offset(), Offset(42));
  EXPECT_EQ(news.batches[1].header.leader_epoch, LeaderEpoch(3));
}

TEST(ReplicaMessages, AnErrorComesWithItsWords) {
  ReplicaNews news = about_orders();
  news.error = {Errc::not_leader_or_follower, "2 leads"};
  const auto read = received(news, {});
  ASSERT_TRUE(read) << to_string(read.error());
  EXPECT_EQ(read->front().news.error.code, Errc::not_leader_or_follower);
  EXPECT_EQ(read->front().news.error.context, "2 leads");
}

// On the way, or on the leader's disk: nothing of it may get into another log.
TEST(ReplicaMessages, ABatchWithoutItsChecksumIsTheErrorOfItsPartition) {
  std::vector<std::byte> records = batch_at(40, 2);
  records.back() ^= std::byte{1};
  const auto read = received(about_orders(), records);
  ASSERT_TRUE(read) << to_string(read.error());
  EXPECT_EQ(read->front().news.error.code, Errc::corrupt_message);
  EXPECT_THAT(read->front().news.error.context, HasSubstr("offset 40"));
  EXPECT_THAT(read->front().batches, IsEmpty());
}

TEST(ReplicaMessages, HalfABatchIsTheErrorOfItsPartition) {
  std::vector<std::byte> records = batch_at(40, 2);
  records.pop_back();
  const auto read = received(about_orders(), records);
  ASSERT_TRUE(read) << to_string(read.error());
  EXPECT_EQ(read->front().news.error.code, Errc::corrupt_message);
}

TEST(ReplicaMessages, WhatIsNoneIsRefused) {
  const auto fetch = decode_fetch(as_bytes("\xff\xff garbage"));
  ASSERT_FALSE(fetch);
  EXPECT_EQ(fetch.error().code, Errc::malformed_frame);
  EXPECT_FALSE(decode_progress(as_bytes("\x0a\x7f")));
  EXPECT_FALSE(read_answer(SharedBytes(std::string("\xff\xff"))));
}

}  // namespace
}  // namespace ropewalk::replication
