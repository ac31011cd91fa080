// What went wrong for users of other brokers, as a Kafka client would see it: the cases of one
// listener without groups (tests/cases.md).
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/broker/listeners/kafka/serving/kafka_rig.h"

namespace ropewalk::kafka {
namespace {

using testing::SizeIs;

SharedBytes batch_at_times(std::initializer_list<std::int64_t> times, Codec codec = Codec::none,
                           ProducerStamp stamp = {}) {
  BatchBuilder builder;
  for (const std::int64_t time : times) {
    NewRecord record;
    record.timestamp = time;
    record.value = as_bytes(std::string_view("v"));
    builder.append(record);
  }
  return builder.finish(codec, stamp).value();
}

ProducePartitionResponse produced(KafkaRig& rig, SharedBytes batch) {
  const auto message = KafkaRig::produce_request("t", std::move(batch));
  return rig.call<ProduceResponse>(message, 8).topics.at(0).partitions.at(0);
}

ListOffsetsPartitionResponse listed(KafkaRig& rig, std::int64_t timestamp,
                                    std::int16_t version = 7) {
  ListOffsetsRequest message;
  message.topics.push_back({.name = "t", .partitions = {{.timestamp = timestamp}}});
  return rig.call<ListOffsetsResponse>(message, version).topics.at(0).partitions.at(0);
}

// C07: where one replica is all that there is, it is enough, whoever asks.
TEST(KafkaCases, TheMinimumInSyncIsNoMoreThanThereAre) {
  KafkaRig rig;
  rig.add_topic("t", 1, KafkaRig::kSelf, {{"min.insync.replicas", "2"}});
  for (const std::int16_t acks : {std::int16_t{1}, std::int16_t{-1}}) {
    const auto message = KafkaRig::produce_request("t", KafkaRig::batch(), acks);
    const auto response = rig.call<ProduceResponse>(message, 8);
    EXPECT_EQ(response.topics.at(0).partitions.at(0).error_code, 0) << acks;
  }
}

// C09: sizes that a signed 32-bit number cannot be added to.
TEST(KafkaCases, TheLargestFetchSizesAreNoTrouble) {
  KafkaRig rig;
  rig.add_topic("t");
  EXPECT_EQ(produced(rig, KafkaRig::batch(10, 1000)).error_code, 0);
  constexpr std::int32_t kMost = std::numeric_limits<std::int32_t>::max();
  auto message = KafkaRig::fetch_request("t", 0);
  message.max_bytes = message.topics[0].partitions[0].partition_max_bytes = kMost;
  const auto all = rig.call<FetchResponse>(message, 4).topics.at(0).partitions.at(0);
  EXPECT_GT(text_of(*all.records).size(), 10'000u);

  message.max_bytes = message.topics[0].partitions[0].partition_max_bytes = -1;
  const auto one = rig.call<FetchResponse>(message, 4).topics.at(0).partitions.at(0);
  EXPECT_EQ(text_of(*one.records), text_of(*all.records)) << "one whole batch at least";
}

// C12: the first record that is not earlier, never one below the start.
TEST(KafkaCases, OffsetsByTimeAreThoseOfTheFirstRecordThatIsLateEnough) {
  KafkaRig rig;
  rig.add_topic("t");
  EXPECT_EQ(listed(rig, 5).offset, -1) << "an empty partition";
  EXPECT_EQ(listed(rig, 5).error_code, 0);
  EXPECT_EQ(produced(rig, batch_at_times({2, 4, 6, 8})).error_code, 0);
  EXPECT_EQ(listed(rig, 2).offset, 0);
  EXPECT_EQ(listed(rig, 3).offset, 1);
  EXPECT_EQ(listed(rig, 3).timestamp, 4);
  EXPECT_EQ(listed(rig, 8).offset, 3);
  EXPECT_EQ(listed(rig, 9).offset, -1);
  EXPECT_EQ(listed(rig, 9).error_code, 0);
}

// C14: the record with the largest time, not the last of its batch.
TEST(KafkaCases, TheLargestTimeIsThatOfItsRecord) {
  KafkaRig rig;
  rig.add_topic("t");
  EXPECT_EQ(produced(rig, batch_at_times({10, 30, 20}, Codec::gzip)).error_code, 0);
  EXPECT_EQ(listed(rig, -3).offset, 1);
  EXPECT_EQ(listed(rig, -3).timestamp, 30);
}

// C15: -1 is no time and is taken; other negative times name their record.
TEST(KafkaCases, RecordsWithoutATimeAreTakenAndImpossibleOnesAreNamed) {
  KafkaRig rig;
  rig.add_topic("t");
  EXPECT_EQ(produced(rig, batch_at_times({-1})).error_code, 0);
  const auto refused = produced(rig, batch_at_times({5, -62'135'596'800'000}));
  EXPECT_EQ(refused.error_code, 32);
  ASSERT_THAT(refused.record_errors, SizeIs(1));
  EXPECT_EQ(refused.record_errors[0].batch_index, 1);
}

// C21: a position below the start is one error, with the place to go on from.
TEST(KafkaCases, WhoReadsWhatWasDeletedIsToldWhereTheLogStarts) {
  KafkaRig rig;
  rig.add_topic("t");
  for (int i = 0; i < 5; i++) EXPECT_EQ(produced(rig, KafkaRig::batch()).error_code, 0);
  DeleteRecordsRequest message;
  message.topics.push_back({.name = "t", .partitions = {{.partition_index = 0, .offset = 3}}});
  message.timeout_ms = 5'000;
  const auto deleted = rig.call<DeleteRecordsResponse>(message, 1);
  EXPECT_EQ(deleted.topics.at(0).partitions.at(0).low_watermark, 3);
  const auto fetched = [&rig](std::int64_t offset) {
    return rig.call<FetchResponse>(KafkaRig::fetch_request("t", offset), 11)
        .topics.at(0)
        .partitions.at(0);
  };
  for (const std::int64_t outside : {0, 2, 6}) {
    EXPECT_EQ(fetched(outside).error_code, 1) << outside;
    EXPECT_EQ(fetched(outside).log_start_offset, 3) << outside;
  }
  EXPECT_EQ(fetched(3).error_code, 0);
  EXPECT_FALSE(text_of(*fetched(3).records).empty());
  EXPECT_EQ(listed(rig, 0).offset, 3) << "C12: never below the start";
}

// C43: 2147483647 is a sequence, and 0 follows it, also inside of a batch.
TEST(KafkaCases, SequencesWrap) {
  KafkaRig rig;
  rig.add_topic("t");
  const auto at = [](std::int32_t sequence) {
    return ProducerStamp{ProducerId(9), ProducerEpoch(0), sequence};
  };
  const auto first = batch_at_times({1, 2, 3, 4}, Codec::none, at(2'147'483'646));
  EXPECT_EQ(produced(rig, first).base_offset, 0);
  EXPECT_EQ(produced(rig, batch_at_times({5}, Codec::none, at(2))).base_offset, 4);
  EXPECT_EQ(produced(rig, batch_at_times({6}, Codec::none, at(1))).error_code, 45);
  const auto again = produced(rig, first);
  EXPECT_EQ(again.error_code, 0);
  EXPECT_EQ(again.base_offset, 0) << "where it was stored the first time";
}

// C49: a client without a name is one that calls itself nothing.
TEST(KafkaCases, ClientsNeedNoName) {
  KafkaRig rig;
  for (const std::int16_t version : {std::int16_t{0}, std::int16_t{3}}) {
    const std::size_t before = rig.outbox->frames.size();
    const ApiVersionsRequest message{.client_software_name = "a", .client_software_version = "1"};
    rig.arrive({rig.request(message, version, std::nullopt)});
    ASSERT_TRUE(rig.answered(before + 1));
    EXPECT_EQ(rig.reply<ApiVersionsResponse>(before, version).body.error_code, 0);
  }
}

// C65: null and empty differ, order and repetitions stay.
TEST(KafkaCases, HeadersComeBackAsTheyWere) {
  KafkaRig rig;
  rig.add_topic("t");
  BatchBuilder builder;
  const std::string_view name = "h";
  const RecordHeader headers[] = {{name, std::nullopt},
                                  {name, as_bytes(std::string_view())},
                                  {name, as_bytes(std::string_view("x"))},
                                  {"", as_bytes(std::string_view())}};
  NewRecord record;
  record.timestamp = 1;
  record.headers = headers;
  builder.append(record);
  const SharedBytes sent = builder.finish(Codec::none, {}).value();
  EXPECT_EQ(produced(rig, sent).error_code, 0);
  const auto response = rig.call<FetchResponse>(KafkaRig::fetch_request("t", 0), 11);
  constexpr std::size_t kUnstamped = 16;
  EXPECT_EQ(text_of(*response.topics[0].partitions[0].records).substr(kUnstamped),
            std::string(sent.text()).substr(kUnstamped));
}

}  // namespace
}  // namespace ropewalk::kafka
