#include "common/wire/records_last.h"

#include <random>
#include <string>

#include <gtest/gtest.h>

#include "common/wire/frame.h"
#include "ropewalk/v1/fetch.pb.h"
#include "ropewalk/v1/produce.pb.h"

namespace ropewalk::wire {
namespace {

constexpr std::size_t kManyParts = 1000;

struct Case {
  v1::ProduceRequest small;  // Without partitions.
  std::vector<v1::ProducePartition> fields;
  std::vector<std::string> records;

  v1::ProduceRequest whole() const {
    v1::ProduceRequest message = small;
    for (std::size_t i = 0; i < fields.size(); i++) {
      auto* part = message.add_partitions();
      *part = fields[i];
      part->set_records(records[i]);
    }
    return message;
  }
  RecordsLastFrame written(const v1::RequestHeader& header) const {
    std::vector<PartToWrite> parts;
    for (std::size_t i = 0; i < fields.size(); i++)
      parts.push_back({&fields[i], records[i].size()});
    return write_records_last(header, small, parts);
  }
};

Case random_case(std::mt19937_64& random) {
  static constexpr std::size_t kSizes[] = {0, 1, 61, 127, 128, 16383, 16384, 70000};
  Case result;
  result.small.set_acks(static_cast<v1::Acks>(random() % 3));
  if (random() % 2 == 0) result.small.set_timeout_ms(static_cast<std::int32_t>(random() % 100000));
  const std::size_t parts = random() % 5;
  for (std::size_t i = 0; i < parts; i++) {
    v1::ProducePartition fields;
    fields.set_topic_id(std::string(16, static_cast<char>(random())));
    fields.set_partition(static_cast<std::int32_t>(random() % 1000));
    if (random() % 2 == 0) fields.set_leader_epoch(static_cast<std::int32_t>(random() % 9));
    result.fields.push_back(fields);
    std::string records(kSizes[random() % std::size(kSizes)], '\0');
    for (auto& byte : records) byte = static_cast<char>(random());
    result.records.push_back(records);
  }
  return result;
}

std::string assembled(const RecordsLastFrame& frame, const std::vector<std::string>& records) {
  std::string bytes;
  for (const auto& piece : frame.pieces) {
    bytes += piece.small.text();
    if (piece.part != RecordsLastFrame::kNoPart) bytes += records[piece.part];
  }
  return bytes;
}

TEST(RecordsLast, IsByteForByteWhatProtobufWrites) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 100; round++) {
    const Case example = random_case(random);
    v1::RequestHeader header;
    header.set_api_key(v1::API_PRODUCE);
    header.set_correlation_id(static_cast<std::int64_t>(random() % 100000));
    const auto frame = example.written(header);
    const std::string bytes = assembled(frame, example.records);
    EXPECT_EQ(bytes, encode_frame(header, example.whole()).text());
    EXPECT_EQ(bytes.size(), frame.whole_bytes);
  }
}

TEST(RecordsLast, NeedsOnePieceForOnePartition) {
  Case example;
  example.fields.emplace_back();
  example.records.emplace_back(1000, 'r');
  EXPECT_EQ(example.written({}).pieces.size(), 1u);
}

TEST(RecordsLast, SlicesWhatWasWritten) {
  std::mt19937_64 random(2);
  for (int round = 0; round < 100; round++) {
    const Case example = random_case(random);
    const SharedBytes body(example.whole().SerializeAsString());
    const auto sliced = slice_body<v1::ProduceRequest, v1::ProducePartition>(body, kManyParts);
    ASSERT_TRUE(sliced) << to_string(sliced.error());
    EXPECT_EQ(sliced->fields.SerializeAsString(), example.small.SerializeAsString());
    ASSERT_EQ(sliced->parts.size(), example.fields.size());
    for (std::size_t i = 0; i < sliced->parts.size(); i++) {
      const auto& part = sliced->parts[i];
      EXPECT_EQ(part.fields.SerializeAsString(), example.fields[i].SerializeAsString());
      EXPECT_EQ(part.records.text(), example.records[i]);
      if (part.records.empty()) continue;  // In place: no copy of the records.
      EXPECT_GE(part.records.data(), body.data());
      EXPECT_LE(part.records.data() + part.records.size(), body.data() + body.size());
    }
  }
}

// Records first, the small fields scattered behind and between: legal protobuf.
TEST(RecordsLast, SlicesFieldsInAnyOrder) {
  v1::ProducePartition only_records, only_id, only_partition;
  only_records.set_records("the records");
  only_id.set_topic_id("0123456789abcdef");
  only_partition.set_partition(7);
  v1::ProduceRequest acks, timeout;
  acks.set_acks(v1::ACKS_LEADER);
  timeout.set_timeout_ms(30);
  // A message's bytes after another's are the two merged; here each of them is one field.
  const std::string part = only_partition.SerializeAsString() + only_records.SerializeAsString() +
                           only_id.SerializeAsString();
  const std::string tagged = std::string("\xc2\x3e", 2) + static_cast<char>(part.size()) + part;
  const SharedBytes body(timeout.SerializeAsString() + tagged + acks.SerializeAsString() + tagged);
  const auto sliced = slice_body<v1::ProduceRequest, v1::ProducePartition>(body, kManyParts);
  ASSERT_TRUE(sliced) << to_string(sliced.error());
  EXPECT_EQ(sliced->fields.acks(), v1::ACKS_LEADER);
  EXPECT_EQ(sliced->fields.timeout_ms(), 30);
  ASSERT_EQ(sliced->parts.size(), 2u);
  for (const auto& entry : sliced->parts) {
    EXPECT_EQ(entry.fields.topic_id(), "0123456789abcdef");
    EXPECT_EQ(entry.fields.partition(), 7);
    EXPECT_EQ(entry.records.text(), "the records");
  }
}

TEST(RecordsLast, LastOfSeveralRecordsFieldsCounts) {
  v1::ProducePartition first, second;
  first.set_records("first");
  second.set_records("second");
  const SharedBytes bytes(first.SerializeAsString() + second.SerializeAsString());
  v1::ProducePartition rest;
  EXPECT_EQ(split_records(bytes, rest)->text(), "second");
}

TEST(RecordsLast, BoundsTheNumberOfParts) {
  std::string body;
  for (int i = 0; i < 11; i++) body += std::string("\xc2\x3e\x00", 3);
  const auto eleven = slice_body<v1::FetchResponse, v1::FetchedPartition>(SharedBytes(body), 10);
  ASSERT_FALSE(eleven);
  EXPECT_EQ(eleven.error().code, Errc::invalid_request);
  EXPECT_TRUE((slice_body<v1::FetchResponse, v1::FetchedPartition>(SharedBytes(body), 11)));
}

// Whatever protobuf refuses is refused here, and what both take means the same; groups aside, which
// protobuf skips.
TEST(RecordsLast, AgreesWithProtobufOnDamagedInput) {
  std::mt19937_64 random(3);
  int refused = 0, taken = 0;
  for (int round = 0; round < 1000; round++) {
    std::string bytes = random_case(random).whole().SerializeAsString();
    if (bytes.empty()) continue;
    if (random() % 2 == 0) {
      const std::size_t at = random() % std::min<std::size_t>(bytes.size(), 60);
      bytes[at] = static_cast<char>(random());
    } else {
      bytes.resize(random() % bytes.size());
    }
    v1::ProduceRequest theirs;
    const bool they_take = theirs.ParseFromString(bytes);
    const auto ours =
        slice_body<v1::ProduceRequest, v1::ProducePartition>(SharedBytes(bytes), kManyParts);
    if (!they_take) EXPECT_FALSE(ours);
    if (!ours) {
      refused++;
      EXPECT_EQ(ours.error().code, Errc::malformed_frame);
      continue;
    }
    taken++;
    ASSERT_TRUE(they_take);
    ASSERT_EQ(static_cast<int>(ours->parts.size()), theirs.partitions_size());
    for (int i = 0; i < theirs.partitions_size(); i++) {
      const auto& part = ours->parts[static_cast<std::size_t>(i)];
      EXPECT_EQ(part.records.text(), theirs.partitions(i).records());
      EXPECT_EQ(part.fields.topic_id(), theirs.partitions(i).topic_id());
      EXPECT_EQ(part.fields.partition(), theirs.partitions(i).partition());
    }
  }
  EXPECT_GT(refused, 100);
  EXPECT_GT(taken, 100);
}

}  // namespace
}  // namespace ropewalk::wire
