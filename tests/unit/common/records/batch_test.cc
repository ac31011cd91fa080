// Builder, header, reader and validator against bytes made elsewhere and against each other.
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/records/batch_builder.h"
#include "common/records/batch_validator.h"
#include "common/records/record_reader.h"

namespace ropewalk {
namespace {

constexpr std::size_t kPlenty = 1 << 24;

// From this Python, which shares nothing with the code under test (crc32c bit by bit):
//   rec(td, od, k, v, h) = zz(len(b)) + b; b = 0, zz(td), zz(od), nb(k), nb(v), zz(len(h)), headers
//   recs = rec(0,0,'DTW','late') + rec(-5,1,None,'',[('h',None),('i','x')]) + rec(300,2,'',None)
//   body = pack('>hiqqqhii', 0, 2, 1000000, 1000300, 77, 3, 41, 3) + recs
//   pack('>qiib', 0, len(body)+9, -1, 2) + pack('>I', crc32c(body)) + body
constexpr std::string_view kGoldenHex =
    "000000000000000000000055ffffffff028651b32a00000000000200000000000f424000000000000f436c"
    "000000000000004d000300000029000000031a00000006445457086c617465001a00090201000402680102"
    "6902780e00d80404000100";

std::vector<std::byte> from_hex(std::string_view hex) {
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2)
    bytes.push_back(static_cast<std::byte>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  return bytes;
}

SharedBytes golden_records(Codec codec, BatchBuilder builder = BatchBuilder()) {
  const std::vector<RecordHeader> headers{{.key = "h", .value = std::nullopt},
                                          {.key = "i", .value = as_bytes("x")}};
  builder.append({.timestamp = 1'000'000, .key = as_bytes("DTW"), .value = as_bytes("late")});
  builder.append({.timestamp = 999'995, .key = {}, .value = ByteSpan(), .headers = headers});
  builder.append({.timestamp = 1'000'300, .key = as_bytes(""), .value = {}});
  return builder
      .finish(codec, {.id = ProducerId(77), .epoch = ProducerEpoch(3), .base_sequence = 41})
      .value();
}

std::vector<std::byte> mutable_copy(const SharedBytes& batch) {
  return {batch.span().begin(), batch.span().end()};
}

void reseal(std::vector<std::byte>& batch) {
  store_be(batch.data() + batch_at::kBatchLength,
           static_cast<std::int32_t>(batch.size() - kBatchPrefixBytes));
  store_be(batch.data() + batch_at::kCrc, batch_crc(batch));
}

// The error of both parts of the validation, as a broker would run them.
BatchFault fault_of(ByteSpan batch, const BatchLimits& limits = {}) {
  auto header = check_batch(batch, limits);
  if (!header) return header.error();
  auto seen = check_records(batch, *header, limits);
  if (!seen) return seen.error();
  return {.error = {Errc::none, ""}};
}
Errc errc_of(ByteSpan batch, const BatchLimits& limits = {}) {
  return fault_of(batch, limits).error.code;
}

TEST(BatchBuilder, MakesTheBytesThatKafkaDefines) {
  EXPECT_EQ(mutable_copy(golden_records(Codec::none)), from_hex(kGoldenHex));
}

TEST(BatchBuilder, KnowsItsSizeAndStartsOver) {
  BatchBuilder builder;
  EXPECT_TRUE(builder.empty());
  const NewRecord record{.timestamp = 5, .key = as_bytes("k"), .value = as_bytes("vvv")};
  const std::size_t size = builder.append(record);
  EXPECT_EQ(size, builder.size());
  EXPECT_LE(size, kBatchHeaderBytes + BatchBuilder::record_bytes_max(record));
  EXPECT_EQ(builder.finish(Codec::none).value().size(), size);
  EXPECT_TRUE(builder.empty());
  builder.append(record);
  EXPECT_EQ(builder.finish(Codec::none).value().size(), size);
}

TEST(BatchBuilder, RefusesACodecThatItDoesNotKnowAndKeepsItsRecords) {
  BatchBuilder builder;
  builder.append({.timestamp = 5, .key = {}, .value = as_bytes("v")});
  EXPECT_EQ(builder.finish(static_cast<Codec>(7)).error().code, Errc::unsupported_compression_type);
  EXPECT_TRUE(builder.finish(Codec::none));
}

TEST(BatchBuilder, RestampsASealedBatch) {
  const ProducerStamp other{.id = ProducerId(78), .epoch = ProducerEpoch(4), .base_sequence = 0};
  const SharedBytes again = restamp_producer(from_hex(kGoldenHex), other);
  EXPECT_TRUE(batch_crc_matches(again.span()));
  EXPECT_EQ(BatchHeader::parse(again.span())->producer_epoch, ProducerEpoch(4));
  const ProducerStamp first{.id = ProducerId(77), .epoch = ProducerEpoch(3), .base_sequence = 41};
  EXPECT_EQ(mutable_copy(restamp_producer(again.span(), first)), from_hex(kGoldenHex));
}

TEST(BatchHeader, ReadsWhatStandsThere) {
  const auto bytes = from_hex(kGoldenHex);
  const BatchHeader header = BatchHeader::parse(bytes).value();
  EXPECT_EQ(header.base_offset, Offset(0));
  EXPECT_EQ(header.size(), bytes.size());
  EXPECT_EQ(header.leader_epoch, kNoLeaderEpoch);
  EXPECT_EQ(header.crc, 0x8651b32au);
  EXPECT_EQ(header.last_offset_delta, 2);
  EXPECT_EQ(header.base_timestamp, 1'000'000);
  EXPECT_EQ(header.max_timestamp, 1'000'300);
  EXPECT_EQ(header.producer_id, ProducerId(77));
  EXPECT_EQ(header.producer_epoch, ProducerEpoch(3));
  EXPECT_EQ(header.base_sequence, 41);
  EXPECT_EQ(header.last_sequence(), 43);
  EXPECT_EQ(header.records_count, 3);
  std::vector<std::byte> again(kBatchHeaderBytes);
  header.write_to(again.data());
  EXPECT_EQ(BatchHeader::parse(again).value(), header);
}

TEST(BatchHeader, StampsWithoutTouchingTheChecksum) {
  auto bytes = from_hex(kGoldenHex);
  stamp_base_offset(bytes, Offset(0x0102030405060708));
  stamp_leader_epoch(bytes, LeaderEpoch(9));
  EXPECT_TRUE(batch_crc_matches(bytes));
  const BatchHeader header = BatchHeader::parse(bytes).value();
  EXPECT_EQ(header.base_offset, Offset(0x0102030405060708));
  EXPECT_EQ(header.leader_epoch, LeaderEpoch(9));
  EXPECT_EQ(header.next_offset(), Offset(0x010203040506070B));
}

TEST(BatchHeader, ResealsWhatTheChecksumCovers) {
  auto bytes = from_hex(kGoldenHex);
  correct_max_timestamp(bytes, 7);
  EXPECT_TRUE(batch_crc_matches(bytes));
  EXPECT_EQ(BatchHeader::parse(bytes)->max_timestamp, 7);
  stamp_log_append_time(bytes, 8);
  EXPECT_TRUE(batch_crc_matches(bytes));
  EXPECT_TRUE(BatchHeader::parse(bytes)->is_log_append_time());
  auto reader = RecordReader::open(bytes, kPlenty).value();
  EXPECT_EQ(reader.next().value()->timestamp, 8);
}

TEST(BatchHeader, RefusesWhatNoReaderCouldUse) {
  const auto good = from_hex(kGoldenHex);
  EXPECT_FALSE(BatchHeader::parse(ByteSpan(good).first(60)));
  EXPECT_TRUE(BatchHeader::parse(ByteSpan(good).first(61)));
  const auto with = [&](std::size_t at, auto value) {
    auto bytes = good;
    store_be(bytes.data() + at, value);
    return BatchHeader::parse(bytes).has_value();
  };
  EXPECT_FALSE(with(batch_at::kMagic, std::int8_t{1}));
  EXPECT_FALSE(with(batch_at::kBatchLength, std::int32_t{48}));
  EXPECT_FALSE(with(batch_at::kBatchLength, std::int32_t{-1}));
  EXPECT_FALSE(with(batch_at::kLastOffsetDelta, std::int32_t{-1}));
  EXPECT_FALSE(with(batch_at::kRecordsCount, std::int32_t{-1}));
  EXPECT_FALSE(with(batch_at::kBaseOffset, std::int64_t{-1}));
  EXPECT_FALSE(with(batch_at::kBaseOffset, std::numeric_limits<std::int64_t>::max()));
}

TEST(BatchSequence, WrapsToZero) {
  EXPECT_EQ(sequence_after(5, 2), 7);
  EXPECT_EQ(sequence_after(std::numeric_limits<std::int32_t>::max(), 1), 0);
  EXPECT_EQ(sequence_after(std::numeric_limits<std::int32_t>::max() - 1, 4), 2);
}

class BatchCodec : public testing::TestWithParam<Codec> {};
INSTANTIATE_TEST_SUITE_P(Codecs, BatchCodec, testing::Values(Codec::none, Codec::lz4, Codec::zstd),
                         [](const auto& codec) { return std::string(to_string(codec.param)); });

TEST_P(BatchCodec, ReadsBackNullsEmptiesAndHeaders) {
  auto bytes = mutable_copy(golden_records(GetParam()));
  stamp_base_offset(bytes, Offset(100));
  auto reader = RecordReader::open(bytes, kPlenty).value();
  auto moved = std::move(reader);
  auto first = moved.next().value().value();
  EXPECT_EQ(first.offset, Offset(100));
  EXPECT_EQ(first.timestamp, 1'000'000);
  EXPECT_EQ(as_text(*first.key), "DTW");
  EXPECT_EQ(as_text(*first.value), "late");
  EXPECT_EQ(first.headers.count(), 0);
  auto second = moved.next().value().value();
  EXPECT_EQ(second.timestamp, 999'995);
  EXPECT_FALSE(second.key);
  ASSERT_TRUE(second.value);
  EXPECT_TRUE(second.value->empty());
  auto header = second.headers.next();
  EXPECT_EQ(header->key, "h");
  EXPECT_FALSE(header->value);
  header = second.headers.next();
  EXPECT_EQ(header->key, "i");
  EXPECT_EQ(as_text(*header->value), "x");
  EXPECT_FALSE(second.headers.next());
  auto third = moved.next().value().value();
  ASSERT_TRUE(third.key);
  EXPECT_TRUE(third.key->empty());
  EXPECT_FALSE(third.value);
  EXPECT_FALSE(moved.next().value());
  EXPECT_EQ(errc_of(golden_records(GetParam()).span()), Errc::none);
}

TEST_P(BatchCodec, RoundTripsAnything) {
  std::mt19937_64 random(11);
  const auto some_text = [&](std::size_t most) {
    std::string text(random() % (most + 1), '\0');
    for (char& c : text) c = static_cast<char>(random() % 5);
    return text;
  };
  for (int round = 0; round < 200; round++) {
    struct Expected {
      std::int64_t timestamp;
      std::optional<std::string> key, value;
      std::vector<std::pair<std::string, std::optional<std::string>>> headers;
    };
    std::vector<Expected> expected(1 + random() % 30);
    BatchBuilder builder;
    for (Expected& record : expected) {
      record.timestamp = static_cast<std::int64_t>(random() >> (2 + random() % 60));
      if (random() % 3 != 0) record.key = some_text(40);
      if (random() % 3 != 0) record.value = some_text(3000);
      for (auto n = random() % 4; n != 0; n--)
        record.headers.emplace_back(some_text(10),
                                    random() % 2 ? std::optional(some_text(20)) : std::nullopt);
      std::vector<RecordHeader> headers;
      for (const auto& [key, value] : record.headers)
        headers.push_back(
            {.key = key, .value = value ? std::optional(as_bytes(*value)) : std::nullopt});
      const NewRecord made{
          .timestamp = record.timestamp,
          .key = record.key ? std::optional(as_bytes(*record.key)) : std::nullopt,
          .value = record.value ? std::optional(as_bytes(*record.value)) : std::nullopt,
          .headers = headers};
      const std::size_t before = builder.size();
      ASSERT_LE(builder.append(made), before + BatchBuilder::record_bytes_max(made));
    }
    const SharedBytes batch = builder.finish(GetParam()).value();
    ASSERT_EQ(errc_of(batch.span()), Errc::none);
    auto reader = RecordReader::open(batch.span(), kPlenty).value();
    for (const Expected& record : expected) {
      auto read = reader.next().value().value();
      ASSERT_EQ(read.timestamp, record.timestamp);
      ASSERT_EQ(read.key ? std::optional(std::string(as_text(*read.key))) : std::nullopt,
                record.key);
      ASSERT_EQ(read.value ? std::optional(std::string(as_text(*read.value))) : std::nullopt,
                record.value);
      for (const auto& [key, value] : record.headers) {
        auto header = read.headers.next();
        ASSERT_EQ(header->key, key);
        ASSERT_EQ(
            header->value ? std::optional(std::string(as_text(*header->value))) : std::nullopt,
            value);
      }
    }
    ASSERT_FALSE(reader.next().value());
  }
}

// Whatever the bytes are behind a right checksum, reader and validator answer and agree that a
// batch which validates can be read.
TEST_P(BatchCodec, SurvivesAnyByteChanged) {
  const auto good = mutable_copy(golden_records(GetParam()));
  for (std::size_t at = 0; at < good.size(); at++) {
    for (const int value : {0x00, 0x01, 0x7F, 0x80, 0xFF}) {
      auto bytes = good;
      bytes[at] = static_cast<std::byte>(value);
      store_be(bytes.data() + batch_at::kCrc, batch_crc(bytes));
      const bool valid = errc_of(bytes) == Errc::none;
      auto reader = RecordReader::open(bytes, kPlenty);
      if (!reader) {
        EXPECT_FALSE(valid) << at;
        continue;
      }
      for (;;) {
        auto record = reader->next();
        if (!record) EXPECT_FALSE(valid) << at << " " << value << " " << to_string(record.error());
        if (!record || !*record) break;
      }
    }
  }
}

TEST(BatchValidator, ChecksTheFrame) {
  const auto good = from_hex(kGoldenHex);
  EXPECT_EQ(errc_of(good), Errc::none);
  EXPECT_EQ(errc_of({}), Errc::invalid_record);
  EXPECT_EQ(errc_of(ByteSpan(good).first(good.size() - 1)), Errc::invalid_record);
  auto two = good;
  two.insert(two.end(), good.begin(), good.end());
  EXPECT_EQ(errc_of(two), Errc::invalid_record);
  EXPECT_EQ(errc_of(good, {.batch_bytes_max = good.size()}), Errc::none);
  EXPECT_EQ(errc_of(good, {.batch_bytes_max = good.size() - 1}), Errc::message_too_large);
  auto damaged = good;
  damaged.back() ^= std::byte{1};
  EXPECT_EQ(errc_of(damaged), Errc::corrupt_message);
  auto old = good;
  old[batch_at::kMagic] = std::byte{1};
  EXPECT_EQ(errc_of(old), Errc::invalid_record);
  auto placed = good;
  stamp_base_offset(placed, Offset(5));
  EXPECT_EQ(errc_of(placed), Errc::invalid_record);
}

TEST(BatchValidator, ChecksTheFieldsUnderTheChecksum) {
  const auto with = [](std::size_t at, auto value) {
    auto bytes = from_hex(kGoldenHex);
    store_be(bytes.data() + at, value);
    reseal(bytes);
    return errc_of(bytes);
  };
  EXPECT_EQ(with(batch_at::kRecordsCount, std::int32_t{0}), Errc::invalid_record);
  EXPECT_EQ(with(batch_at::kRecordsCount, std::int32_t{4}), Errc::invalid_record);
  EXPECT_EQ(with(batch_at::kLastOffsetDelta, std::int32_t{7}), Errc::invalid_record);
  EXPECT_EQ(with(batch_at::kBaseSequence, std::int32_t{-1}), Errc::invalid_record);
  EXPECT_EQ(with(batch_at::kProducerEpoch, std::int16_t{-1}), Errc::invalid_record);
  EXPECT_EQ(with(batch_at::kAttributes, std::int16_t{0x07}), Errc::unsupported_compression_type);
  EXPECT_EQ(with(batch_at::kAttributes, std::int16_t{0x08}), Errc::invalid_timestamp);
  EXPECT_EQ(with(batch_at::kAttributes, std::int16_t{0x10}), Errc::invalid_txn_state);
  EXPECT_EQ(with(batch_at::kAttributes, std::int16_t{0x20}), Errc::invalid_record);
  EXPECT_EQ(with(batch_at::kAttributes, std::int16_t{0x40}), Errc::invalid_record);
  EXPECT_EQ(with(batch_at::kAttributes, std::int16_t{0x80}), Errc::invalid_record);
  EXPECT_EQ(with(batch_at::kAttributes, std::int16_t{0x03}), Errc::corrupt_message);  // No lz4.
  EXPECT_EQ(with(batch_at::kAttributes, std::int16_t{0x04}), Errc::corrupt_message);
}

TEST(BatchValidator, DoesNotBelieveAHugeCount) {
  auto bytes = from_hex(kGoldenHex);
  store_be(bytes.data() + batch_at::kRecordsCount, std::numeric_limits<std::int32_t>::max());
  store_be(bytes.data() + batch_at::kLastOffsetDelta, std::numeric_limits<std::int32_t>::max() - 1);
  reseal(bytes);
  EXPECT_EQ(errc_of(bytes), Errc::invalid_record);
}

TEST(BatchValidator, NamesTheRecordAtFault) {
  auto bytes = from_hex(kGoldenHex);
  const std::size_t second = kBatchHeaderBytes + 14;
  bytes[second + 3] = std::byte{4};  // Its offset delta: 2 instead of 1.
  reseal(bytes);
  const BatchFault fault = fault_of(bytes);
  EXPECT_EQ(fault.error.code, Errc::invalid_record);
  EXPECT_EQ(fault.record_index, 1);
  EXPECT_THAT(fault.error.context, testing::HasSubstr("record 1"));
}

// C65: no value and an empty one, names that come again, and no name at all; and very many.
TEST(BatchBuilder, KeepsHeadersAsTheyAre) {
  const std::vector<RecordHeader> odd{{"h", std::nullopt},
                                      {"h", as_bytes(std::string_view(""))},
                                      {"h", as_bytes(std::string_view("x"))},
                                      {"", as_bytes(std::string_view(""))}};
  const std::vector<RecordHeader> many(1000, odd[2]);
  BatchBuilder builder;
  for (const auto* const headers : {&odd, &many}) {
    NewRecord record;
    record.value = as_bytes(std::string_view("v"));
    record.headers = *headers;
    builder.append(record);
  }
  const SharedBytes batch = builder.finish(Codec::lz4).value();
  EXPECT_EQ(errc_of(batch.span()), Errc::none);
  auto reader = RecordReader::open(batch.span(), kPlenty).value();
  for (const auto* const headers : {&odd, &many}) {
    auto record = reader.next().value().value();
    ASSERT_EQ(record.headers.count(), static_cast<std::int32_t>(headers->size()));
    for (const RecordHeader& wanted : *headers) {
      const auto header = record.headers.next();
      ASSERT_TRUE(header);
      EXPECT_EQ(header->key, wanted.key);
      ASSERT_EQ(header->value.has_value(), wanted.value.has_value());
      if (wanted.value) EXPECT_EQ(as_text(*header->value), as_text(*wanted.value));
    }
  }
}

// C65: a header's name is never missing.
TEST(BatchValidator, RefusesAHeaderWithoutAName) {
  BatchBuilder builder;
  const std::vector<RecordHeader> headers{{"h", as_bytes(std::string_view("x"))}};
  NewRecord record;
  record.headers = headers;
  builder.append(record);
  const SharedBytes good = builder.finish(Codec::none).value();
  std::vector<std::byte> bytes(good.span().begin(), good.span().end());
  // ... 1 header, length 1 (as 2), 'h', length 1, 'x'. Length -1 instead, the name's byte gone.
  const std::size_t name = bytes.size() - 4;
  ASSERT_EQ(bytes[name], std::byte{2});
  bytes[name] = std::byte{1};
  bytes.erase(bytes.begin() + static_cast<std::ptrdiff_t>(name) + 1);
  bytes[kBatchHeaderBytes] = static_cast<std::byte>(2 * (bytes.size() - kBatchHeaderBytes - 1));
  reseal(bytes);
  const BatchFault fault = fault_of(bytes);
  EXPECT_EQ(fault.error.code, Errc::invalid_record);
  EXPECT_EQ(fault.record_index, 0);
}

TEST(BatchValidator, RefusesBytesBehindTheRecords) {
  auto bytes = from_hex(kGoldenHex);
  bytes.push_back(std::byte{0});
  reseal(bytes);
  EXPECT_EQ(errc_of(bytes), Errc::invalid_record);
}

TEST(BatchValidator, KeepsTheTopicsRules) {
  const auto good = from_hex(kGoldenHex);
  const BatchFault keyless = fault_of(good, {.key_required = true});
  EXPECT_EQ(keyless.error.code, Errc::invalid_record);
  EXPECT_EQ(keyless.record_index, 1);
  EXPECT_EQ(fault_of(good, {.timestamp_min = 999'996}).record_index, 1);
  EXPECT_EQ(fault_of(good, {.timestamp_max = 1'000'299}).record_index, 2);
  EXPECT_EQ(errc_of(good, {.timestamp_max = 1'000'299}), Errc::invalid_timestamp);
  EXPECT_EQ(errc_of(good, {.timestamp_min = 999'995, .timestamp_max = 1'000'300}), Errc::none);
}

TEST(BatchValidator, FindsTheTrueMaximumOfTimestamps) {
  auto bytes = from_hex(kGoldenHex);
  correct_max_timestamp(bytes, 1);
  const BatchHeader header = check_batch(bytes, {}).value();
  EXPECT_EQ(check_records(bytes, header, {})->max_timestamp, 1'000'300);
}

TEST(BatchValidator, HoldsABombToItsBudget) {
  BatchBuilder builder;
  const std::string zeros(8 << 20, '\0');
  builder.append({.timestamp = 0, .key = {}, .value = as_bytes(zeros)});
  const SharedBytes batch = builder.finish(Codec::zstd).value();
  ASSERT_LT(batch.size(), 10'000u);
  EXPECT_EQ(errc_of(batch.span(), {.uncompressed_bytes_max = 1 << 20}), Errc::message_too_large);
  EXPECT_EQ(errc_of(batch.span()), Errc::none);
}

TEST(ControlBatch, CarriesTypeAndBit) {
  const SharedBytes batch =
      build_control_batch({.type = 3, .value = as_bytes("voters"), .timestamp = 9});
  const BatchHeader header = BatchHeader::parse(batch.span()).value();
  EXPECT_TRUE(header.is_control());
  EXPECT_FALSE(header.is_transactional());
  EXPECT_EQ(header.base_sequence, -1);
  EXPECT_TRUE(batch_crc_matches(batch.span()));
  auto reader = RecordReader::open(batch.span(), kPlenty).value();
  const RecordView record = reader.next().value().value();
  EXPECT_EQ(mutable_copy(SharedBytes::copy_of(*record.key)), from_hex("00000003"));
  EXPECT_EQ(control_type(record.key).value(), 3);
  EXPECT_EQ(as_text(*record.value), "voters");
  EXPECT_FALSE(control_type(std::nullopt));
  EXPECT_EQ(errc_of(batch.span()), Errc::invalid_record);
}

}  // namespace
}  // namespace ropewalk
