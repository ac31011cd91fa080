#include "common/records/recompress.h"

#include <string>

#include <gtest/gtest.h>

#include "common/records/batch_builder.h"
#include "common/records/batch_validator.h"
#include "common/records/record_reader.h"

namespace ropewalk {
namespace {

constexpr std::size_t kLimit = 1 << 20;

SharedBytes batch_in(Codec codec) {
  BatchBuilder builder;
  for (int i = 0; i < 50; i++) {
    const std::string value = "value " + std::to_string(i % 5) + std::string(100, 'x');
    NewRecord record;
    record.timestamp = 1000 + i;
    record.key = as_bytes(value);
    record.value = as_bytes(value);
    builder.append(record);
  }
  return builder.finish(codec, {ProducerId(7), ProducerEpoch(2), 40}).value();
}

std::string records_of(ByteSpan batch) {
  std::string all;
  auto reader = RecordReader::open(batch, kLimit).value();
  for (;;) {
    const auto record = reader.next().value();
    if (!record) return all;
    all += fmt::format("{} {} {} {}\n", record->offset, record->timestamp, as_text(*record->key),
                       as_text(*record->value));
  }
}

TEST(Recompress, KeepsRecordsAndHeaderFromEveryCodecToEveryOther) {
  for (int from = 0; from <= 4; from++) {
    const SharedBytes before = batch_in(static_cast<Codec>(from));
    const BatchHeader header = BatchHeader::parse(before.span()).value();
    for (int to = 0; to <= 4; to++) {
      const auto changed =
          recompress(before.span(), header, static_cast<Codec>(to), std::nullopt, kLimit);
      ASSERT_TRUE(changed) << from << to;
      const auto checked = check_batch(*changed, {});
      ASSERT_TRUE(checked) << to_string(checked.error().error);
      EXPECT_EQ(checked->codec(), static_cast<Codec>(to));
      EXPECT_TRUE(check_records(*changed, *checked, {}));
      EXPECT_EQ(records_of(*changed), records_of(before.span()));
      BatchHeader expected = header;
      expected.attributes = checked->attributes;
      expected.batch_length = checked->batch_length;
      expected.crc = checked->crc;
      EXPECT_EQ(*checked, expected);
    }
  }
}

TEST(Recompress, HeedsTheLevel) {
  const SharedBytes before = batch_in(Codec::none);
  const BatchHeader header = BatchHeader::parse(before.span()).value();
  for (const Codec codec : {Codec::gzip, Codec::lz4, Codec::zstd}) {
    const auto levels = levels_of(codec);
    ASSERT_TRUE(levels);
    const auto least = recompress(before.span(), header, codec, levels->least, kLimit);
    const auto most = recompress(before.span(), header, codec, levels->most, kLimit);
    ASSERT_TRUE(least && most);
    EXPECT_LE(most->size(), least->size()) << to_string(codec);
    EXPECT_NE(*most, *least) << to_string(codec);
    EXPECT_EQ(records_of(*most), records_of(before.span()));
  }
  EXPECT_FALSE(levels_of(Codec::snappy));
}

TEST(Recompress, StopsAtTheLimit) {
  const SharedBytes before = batch_in(Codec::zstd);
  const BatchHeader header = BatchHeader::parse(before.span()).value();
  const auto changed = recompress(before.span(), header, Codec::lz4, std::nullopt, 1000);
  ASSERT_FALSE(changed);
  EXPECT_EQ(changed.error().code, Errc::message_too_large);
}

}  // namespace
}  // namespace ropewalk
