// What topics make of the batches that they are sent: another codec, the broker's time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/log/log_read.h"
#include "common/records/record_reader.h"
#include "tests/unit/broker/service/service_rig.h"

namespace ropewalk::service {
namespace {

using Configs = std::vector<std::pair<std::string, std::string>>;

class TopicRulesTest : public testing::Test {
 protected:
  TopicId topic(Configs configs) {
    return rig_.add_topic("t", 1, ServiceRig::kSelf, std::move(configs));
  }
  ProduceResult produce(TopicId topic, SharedBytes batch) {
    return rig_.produce_one(ServiceRig::to(topic, 0, std::move(batch)));
  }
  // The bytes of the whole partition.
  SharedBytes stored(TopicId topic) {
    std::shared_ptr<replication::Partition> partition;
    rig_.on_core([&] { partition = rig_.replicas->find({topic, 0}).value(); });
    class Sink final : public replication::FetchSink {
     public:
      std::optional<replication::Looked> found;
      void looked(std::uint32_t, replication::Looked looked) override { found = std::move(looked); }
      void moved(std::uint32_t) override {}
    };
    const auto sink = std::make_shared<Sink>();
    rig_.on_core([&] { partition->look(sink, {.whole_view = true}); });
    EXPECT_TRUE(rig_.until([&] { return sink->found.has_value(); }));
    log::ReadLimits limits;
    limits.bytes_max = 4 << 20;
    limits.upper_bound = sink->found->high_watermark;
    return rig_.world.run(rig_.core(), log::read_bytes(sink->found->view, Offset(0), limits))
        .value();
  }
  BatchHeader stored_header(TopicId topic) {
    return BatchHeader::parse(stored(topic).span()).value();
  }
  static SharedBytes batch_at(std::int64_t timestamp) {
    BatchBuilder builder;
    NewRecord record;
    record.timestamp = timestamp;
    record.value = as_bytes("v");
    builder.append(record);
    return builder.finish(Codec::none).value();
  }
  std::int64_t now() { return rig_.environment().wall_now().time_since_epoch().count(); }

  ServiceRig rig_{1};
};

TEST_F(TopicRulesTest, StoresInTheCodecThatTheTopicNames) {
  const TopicId zstd = topic({{"compression.type", "zstd"}, {"compression.zstd.level", "1"}});
  const ProducerStamp stamp{ProducerId(9), ProducerEpoch(0), 0};
  const SharedBytes batch = ServiceRig::batch(20, 50, Codec::lz4, stamp);
  EXPECT_EQ(produce(zstd, batch).base_offset, Offset(0));
  EXPECT_EQ(produce(zstd, batch).base_offset, Offset(0)) << "a retry (C04)";
  const BatchHeader header = stored_header(zstd);
  EXPECT_EQ(header.codec(), Codec::zstd);
  EXPECT_EQ(header.producer_id, ProducerId(9));
  EXPECT_EQ(header.records_count, 20);
  EXPECT_EQ(header.max_timestamp, 1);
  EXPECT_EQ(header.size(), stored(zstd).size());
  EXPECT_TRUE(batch_crc_matches(stored(zstd).span()));
}

TEST_F(TopicRulesTest, LeavesABatchThatHasTheCodecAlone) {
  const TopicId lz4 = topic({{"compression.type", "lz4"}});
  const SharedBytes batch = ServiceRig::batch(20, 50, Codec::lz4);
  ASSERT_EQ(produce(lz4, batch).error.code, Errc::none);
  const SharedBytes kept = stored(lz4);
  constexpr std::size_t kFrom = batch_at::kMagic;
  EXPECT_EQ(as_text(kept.span().subspan(kFrom)), as_text(batch.span().subspan(kFrom)));
}

// C04: what a batch comes to in the topic's codec is held to the limit again.
TEST_F(TopicRulesTest, HoldsTheRecompressedSizeToTheLimit) {
  const TopicId plain =
      topic({{"compression.type", "uncompressed"}, {"max.message.bytes", "100000"}});
  const SharedBytes bomb = ServiceRig::batch(1, 1'000'000, Codec::gzip);
  ASSERT_LT(bomb.size(), 100'000u);
  const ProduceResult refused = produce(plain, bomb);
  EXPECT_EQ(refused.error.code, Errc::message_too_large);
  EXPECT_THAT(refused.error.context, testing::HasSubstr("compression.type"));
  EXPECT_EQ(produce(plain, ServiceRig::batch(1, 50'000, Codec::gzip)).base_offset, Offset(0));
  EXPECT_EQ(stored_header(plain).codec(), Codec::none);
}

TEST_F(TopicRulesTest, GivesRecordsTheTimeOfTheBrokerAndSaysSo) {
  const TopicId stamped = topic({{"message.timestamp.type", "LogAppendTime"}});
  const ProducerStamp stamp{ProducerId(9), ProducerEpoch(0), 0};
  const SharedBytes batch = ServiceRig::batch(3, 50, Codec::lz4, stamp);
  const std::int64_t before = now();
  const ProduceResult first = produce(stamped, batch);
  ASSERT_EQ(first.error.code, Errc::none) << to_string(first.error);
  EXPECT_GE(first.log_append_time_ms, before);
  EXPECT_LE(first.log_append_time_ms, now());
  rig_.world.run_for(std::chrono::seconds(5));
  EXPECT_EQ(produce(stamped, batch).log_append_time_ms, first.log_append_time_ms) << "a retry";
  const SharedBytes bytes = stored(stamped);
  EXPECT_TRUE(batch_crc_matches(bytes.span()));
  EXPECT_TRUE(stored_header(stamped).is_log_append_time());
  auto reader = RecordReader::open(bytes.span(), 1 << 20).value();
  while (const auto record = reader.next().value())
    EXPECT_EQ(record->timestamp, first.log_append_time_ms);
}

TEST_F(TopicRulesTest, RefusesTimesThatAreTooFarOff) {
  const TopicId near = topic(
      {{"message.timestamp.before.max.ms", "60000"}, {"message.timestamp.after.max.ms", "60000"}});
  for (const std::int64_t off : {-59'000, 0, 59'000})
    EXPECT_EQ(produce(near, batch_at(now() + off)).error.code, Errc::none) << off;
  for (const std::int64_t off : {-61'000, 61'000}) {
    const ProduceResult refused = produce(near, batch_at(now() + off));
    EXPECT_EQ(refused.error.code, Errc::invalid_timestamp) << off;
    ASSERT_EQ(refused.record_faults.size(), 1u);
    EXPECT_EQ(refused.record_faults[0].index, 0);
  }
  EXPECT_EQ(produce(near, batch_at(kNoTimestamp)).error.code, Errc::none) << "no time at all";
}

TEST_F(TopicRulesTest, ByDefaultATimeMayBeAnHourAheadAndAnyTimeBack) {
  const TopicId plain = topic({});
  EXPECT_EQ(produce(plain, batch_at(0)).error.code, Errc::none);
  EXPECT_EQ(produce(plain, batch_at(now() + 3'500'000)).error.code, Errc::none);
  EXPECT_EQ(produce(plain, batch_at(now() + 3'700'000)).error.code, Errc::invalid_timestamp);
}

}  // namespace
}  // namespace ropewalk::service
