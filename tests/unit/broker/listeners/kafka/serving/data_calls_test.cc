// Produce, Fetch, ListOffsets, Metadata and the identity of a producer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/listeners/kafka/exchange/errors.h"
#include "tests/unit/broker/listeners/kafka/serving/kafka_rig.h"

namespace ropewalk::kafka {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

ProducePartitionResponse produced(KafkaRig& rig, const ProduceRequest& message,
                                  std::int16_t version = 8) {
  return rig.call<ProduceResponse>(message, version).topics.at(0).partitions.at(0);
}

constexpr std::size_t kUnstamped = 16;  // Where a batch begins that a broker does not change.

TEST(KafkaProduce, StoresWhatFetchReadsByteForByte) {
  for (std::int16_t version = kFetch.first; version <= kFetch.last; version++) {
    SCOPED_TRACE(version);
    KafkaRig rig;
    rig.add_topic("t");
    for (std::int64_t at = 0; at < 4; at += 2) {
      const auto result = produced(rig, KafkaRig::produce_request("t", KafkaRig::batch(2)));
      EXPECT_EQ(result.error_code, 0);
      EXPECT_EQ(result.base_offset, at);
      EXPECT_EQ(result.log_append_time_ms, -1);
    }
    const auto response = rig.call<FetchResponse>(KafkaRig::fetch_request("t", 3), version);
    const auto& partition = response.topics.at(0).partitions.at(0);
    EXPECT_EQ(partition.error_code, 0);
    EXPECT_EQ(partition.high_watermark, 4);
    EXPECT_EQ(partition.last_stable_offset, 4);
    EXPECT_FALSE(partition.aborted_transactions) << "nobody asked for them";
    const std::string records = text_of(*partition.records);
    EXPECT_EQ(records.size(), KafkaRig::batch(2).size()) << "the second batch alone";
    EXPECT_EQ(records.substr(kUnstamped), std::string(KafkaRig::batch(2).text()).substr(kUnstamped))
        << "all but base offset and leader epoch";
  }
}

TEST(KafkaProduce, WithoutAcknowledgementHasNoReply) {
  KafkaRig rig;
  rig.add_topic("t");
  rig.arrive({rig.request(KafkaRig::produce_request("t", KafkaRig::batch(), 0), 8),
              rig.request(ApiVersionsRequest{}, 0)});
  ASSERT_TRUE(rig.answered(1));
  EXPECT_EQ(rig.reply<ApiVersionsResponse>(0, 0).header.correlation_id, 2);

  rig.arrive({rig.request(KafkaRig::produce_request("not-there", KafkaRig::batch(), 0), 8)});
  ASSERT_TRUE(rig.until([&] { return rig.outbox->closed.has_value(); }));
  EXPECT_EQ(rig.outbox->closed->code, Errc::unknown_topic_or_partition);
}

TEST(KafkaProduce, AnswersEachPartitionForItself) {
  KafkaRig rig;
  rig.add_topic("t", 2);
  auto message = KafkaRig::produce_request("t", KafkaRig::batch());
  message.topics[0].partitions.push_back({.index = 7, .records = KafkaRig::batch()});
  message.topics[0].partitions.push_back({.index = 1, .records = std::nullopt});
  message.topics.push_back(
      {.name = "u", .partitions = {{.index = 0, .records = KafkaRig::batch()}}});
  const auto response = rig.call<ProduceResponse>(message, 8);
  ASSERT_THAT(response.topics, SizeIs(2));
  const auto& partitions = response.topics[0].partitions;
  EXPECT_EQ(partitions[0].error_code, 0);
  EXPECT_EQ(partitions[0].error_message, std::nullopt);
  EXPECT_EQ(partitions[1].error_code, 3);
  EXPECT_EQ(partitions[2].error_code, 87);
  EXPECT_EQ(response.topics[1].partitions[0].error_code, 3);
  EXPECT_THAT(response.topics[1].partitions[0].error_message.value_or(""), HasSubstr("u"));
}

TEST(KafkaProduce, RefusesAPartitionThatIsNamedTwice) {
  KafkaRig rig;
  rig.add_topic("t");
  auto message = KafkaRig::produce_request("t", KafkaRig::batch());
  message.topics.push_back(message.topics[0]);
  const auto response = rig.call<ProduceResponse>(message, 8);
  EXPECT_EQ(response.topics.at(0).partitions.at(0).error_code, 42);
  EXPECT_EQ(response.topics.at(1).partitions.at(0).error_code, 42);
}

TEST(KafkaProduce, TakesZstdFromVersionSevenOn) {
  KafkaRig rig;
  rig.add_topic("t");
  const auto message = KafkaRig::produce_request("t", KafkaRig::batch(3, 20, Codec::zstd));
  EXPECT_EQ(produced(rig, message, 6).error_code, 76);
  EXPECT_EQ(produced(rig, message, 7).error_code, 0);
}

TEST(KafkaProduce, RefusesUnknownAcks) {
  KafkaRig rig;
  rig.add_topic("t");
  EXPECT_EQ(produced(rig, KafkaRig::produce_request("t", KafkaRig::batch(), 2)).error_code, 21);
}

TEST(KafkaFetch, WaitsForRecords) {
  KafkaRig rig;
  const TopicId topic = rig.add_topic("t");
  rig.arrive({rig.request(KafkaRig::fetch_request("t", 0, 60'000), 12)});
  rig.world.run_for(std::chrono::seconds(1));
  EXPECT_THAT(rig.outbox->frames, IsEmpty());
  rig.produce_one(KafkaRig::to(topic, 0, KafkaRig::batch()));
  ASSERT_TRUE(rig.answered(1));
  EXPECT_FALSE(
      text_of(*rig.reply<FetchResponse>(0, 12).body.topics[0].partitions[0].records).empty());
}

TEST(KafkaFetch, ThatWantsNothingDoesNotWait) {
  KafkaRig rig;
  rig.add_topic("t");
  auto message = KafkaRig::fetch_request("t", 0, 60'000);
  message.min_bytes = 0;
  const auto before = rig.environment().now();
  const auto response = rig.call<FetchResponse>(message, 11);
  EXPECT_LT(rig.environment().now() - before, std::chrono::seconds(1));
  EXPECT_EQ(text_of(*response.topics[0].partitions[0].records), "");
}

TEST(KafkaFetch, TellsWhatIsWrongWithAPartition) {
  KafkaRig rig;
  rig.add_topic("t");
  const auto response = rig.call<FetchResponse>(KafkaRig::fetch_request("t", 5), 11);
  const auto& partition = response.topics.at(0).partitions.at(0);
  EXPECT_EQ(partition.error_code, 1);
  EXPECT_TRUE(partition.records) << "empty, not null";
  const auto missing = rig.call<FetchResponse>(KafkaRig::fetch_request("no", 0), 11);
  EXPECT_EQ(missing.topics.at(0).partitions.at(0).error_code, 3);
}

TEST(KafkaFetch, OfAZstdTopicNeedsVersionTen) {
  KafkaRig rig;
  rig.add_topic("t", 1, KafkaRig::kSelf, {{"compression.type", "zstd"}});
  const auto code = [&](std::int16_t version) {
    const auto response = rig.call<FetchResponse>(KafkaRig::fetch_request("t", 0), version);
    return response.topics.at(0).partitions.at(0).error_code;
  };
  EXPECT_EQ(code(9), 76);
  EXPECT_EQ(code(10), 0);
}

TEST(KafkaFetch, OfReplicasIsRefusedInEveryVersion) {
  KafkaRig rig;
  rig.add_topic("t");
  auto message = KafkaRig::fetch_request("t", 0);
  message.replica_id = 2;
  EXPECT_EQ(rig.call<FetchResponse>(message, 4).topics.at(0).partitions.at(0).error_code, 31);
  EXPECT_EQ(rig.call<FetchResponse>(message, 11).error_code, 31);
}

TEST(KafkaFetch, InASessionTellsWhatIsNew) {
  KafkaRig rig;
  const TopicId topic = rig.add_topic("t", 2);
  auto first = KafkaRig::fetch_request("t", 0);
  first.topics[0].partitions.push_back({.partition = 1, .partition_max_bytes = 1 << 20});
  first.session_epoch = 0;
  const auto opened = rig.call<FetchResponse>(first, 11);
  ASSERT_NE(opened.session_id, 0);
  EXPECT_THAT(opened.topics.at(0).partitions, SizeIs(2));

  rig.produce_one(KafkaRig::to(topic, 1, KafkaRig::batch()));
  FetchRequest next;
  next.max_bytes = 1 << 20;
  next.session_id = opened.session_id;
  next.session_epoch = 1;
  const auto news = rig.call<FetchResponse>(next, 11);
  EXPECT_EQ(news.error_code, 0);
  ASSERT_THAT(news.topics, SizeIs(1));
  ASSERT_THAT(news.topics[0].partitions, SizeIs(1));
  EXPECT_EQ(news.topics[0].partitions[0].partition_index, 1);

  next.session_epoch = 2;
  next.forgotten_topics.push_back({.topic = "t", .partitions = {1}});
  EXPECT_THAT(rig.call<FetchResponse>(next, 11).topics, IsEmpty());
  next.session_epoch = 7;
  EXPECT_EQ(rig.call<FetchResponse>(next, 11).error_code, 71);
  next.session_id++;
  EXPECT_EQ(rig.call<FetchResponse>(next, 11).error_code, 70);
}

TEST(KafkaFetch, TellsAReaderWhereItsLogParted) {
  KafkaRig rig;
  const TopicId topic = rig.add_topic("t");
  rig.produce_one(KafkaRig::to(topic, 0, KafkaRig::batch()));
  auto message = KafkaRig::fetch_request("t", 5);
  const auto out_of_range = rig.call<FetchResponse>(message, 12).topics.at(0).partitions.at(0);
  EXPECT_EQ(out_of_range.error_code, 1);
  EXPECT_FALSE(out_of_range.diverging_epoch);
  message.topics[0].partitions[0].last_fetched_epoch =
      rig.image->topic(topic)->partitions.at(0)->leader_epoch.value();
  const auto parted = rig.call<FetchResponse>(message, 12).topics.at(0).partitions.at(0);
  EXPECT_EQ(parted.error_code, 0);
  ASSERT_TRUE(parted.diverging_epoch);
  EXPECT_EQ(parted.diverging_epoch->end_offset, 1);
}

TEST(KafkaFetch, OfCommittedRecordsListsAbortedTransactions) {
  KafkaRig rig;
  rig.add_topic("t");
  auto message = KafkaRig::fetch_request("t", 0);
  message.isolation_level = 1;
  const auto response = rig.call<FetchResponse>(message, 11);
  ASSERT_TRUE(response.topics[0].partitions[0].aborted_transactions);
  EXPECT_THAT(*response.topics[0].partitions[0].aborted_transactions, IsEmpty());
}

TEST(KafkaListOffsets, KnowsBothEndsAndTimes) {
  KafkaRig rig;
  const TopicId topic = rig.add_topic("t");
  rig.produce_one(KafkaRig::to(topic, 0, KafkaRig::batch(3)));
  const auto listed = [&](std::int64_t timestamp, std::int16_t version) {
    ListOffsetsRequest message;
    message.topics.push_back({.name = "t", .partitions = {{.timestamp = timestamp}}});
    return rig.call<ListOffsetsResponse>(message, version).topics.at(0).partitions.at(0);
  };
  for (std::int16_t version = kListOffsets.first; version <= kListOffsets.last; version++) {
    SCOPED_TRACE(version);
    EXPECT_EQ(listed(-1, version).offset, 3);
    EXPECT_EQ(listed(-2, version).offset, 0);
    EXPECT_EQ(listed(1, version).offset, 0);
    EXPECT_EQ(listed(2, version).offset, -1) << "later than every record";
    EXPECT_EQ(listed(2, version).error_code, 0);
  }
  EXPECT_EQ(listed(-3, 7).offset, 0) << "the largest timestamp's first record";
  EXPECT_EQ(listed(-3, 6).error_code, 35);
}

TEST(KafkaMetadata, TellsTheAddressThatWasReached) {
  KafkaRig rig;
  rig.add_topic("t", 2);
  for (std::int16_t version = kMetadata.first; version <= kMetadata.last; version++) {
    SCOPED_TRACE(version);
    MetadataRequest message;
    message.topics.emplace().push_back({.topic_id = {}, .name = "t"});
    const auto response = rig.call<MetadataResponse>(message, version);
    ASSERT_THAT(response.brokers, SizeIs(1)) << "broker 2 has no such listener";
    EXPECT_EQ(response.brokers[0].node_id, 1);
    EXPECT_EQ(response.brokers[0].host, "10.0.0.7");
    EXPECT_EQ(response.brokers[0].port, 19092);
    EXPECT_EQ(response.controller_id, version >= 1 ? 1 : -1);
    ASSERT_THAT(response.topics, SizeIs(1));
    EXPECT_THAT(response.topics[0].partitions, SizeIs(2));
    EXPECT_EQ(response.topics[0].partitions[1].leader_id, 1);
    EXPECT_THAT(response.topics[0].partitions[1].replica_nodes, ElementsAre(1));
  }
}

// C50: of the listener's several names.
TEST(KafkaMetadata, TellsTheNameThatFitsTheAddressThatWasReached) {
  KafkaRig rig;
  const auto told = [&](std::vector<std::string> first, std::vector<std::string> second) {
    rig.parts->advertised = {{"kafka",
                              {{.told = {"inside", 9092}, .addresses = std::move(first)},
                               {.told = {"outside", 9093}, .addresses = std::move(second)}}}};
    rig.listen_again();
    return rig.call<MetadataResponse>(MetadataRequest{}, kMetadata.last).brokers.at(0).host;
  };
  EXPECT_EQ(told({"10.0.0.6"}, {"10.0.0.7"}), "outside");
  EXPECT_EQ(told({"10.0.0.7"}, {"10.0.0.6"}), "inside");
  EXPECT_EQ(told({"10.0.0.6"}, {"10.0.0.5"}), "inside");
}

TEST(KafkaMetadata, OfNothingIsOfEverythingInVersionZeroOnly) {
  KafkaRig rig;
  rig.add_topic("a");
  rig.add_topic("b");
  MetadataRequest none;
  none.topics.emplace();
  EXPECT_THAT(rig.call<MetadataResponse>(none, 0).topics, SizeIs(2));
  EXPECT_THAT(rig.call<MetadataResponse>(none, 1).topics, IsEmpty());
  EXPECT_THAT(rig.call<MetadataResponse>(MetadataRequest{}, 1).topics, SizeIs(2)) << "null";
}

TEST(KafkaMetadata, MakesNoTopicWhereTheSettingsDoNotLetIt) {
  KafkaRig rig;
  MetadataRequest message;
  message.topics.emplace().push_back({.topic_id = {}, .name = "new"});
  EXPECT_EQ(rig.call<MetadataResponse>(message, 9).topics.at(0).error_code, 3);
  EXPECT_THAT(rig.controller.asked, IsEmpty());
}

TEST(KafkaInitProducerId, OfTransactionsIsRefused) {
  KafkaRig rig;
  InitProducerIdRequest message;
  message.transactional_id = "tx";
  EXPECT_NE(rig.call<InitProducerIdResponse>(message, 4).error_code, 0);
}

TEST(KafkaFindCoordinator, SaysThatThereIsNone) {
  KafkaRig rig;
  FindCoordinatorRequest one;
  one.key = "g";
  for (std::int16_t version = 0; version <= 3; version++)
    EXPECT_EQ(rig.call<FindCoordinatorResponse>(one, version).error_code, 15);
  FindCoordinatorRequest several;
  several.coordinator_keys = {"g", "h"};
  const auto response = rig.call<FindCoordinatorResponse>(several, 4);
  ASSERT_THAT(response.coordinators, SizeIs(2));
  EXPECT_EQ(response.coordinators[1].key, "h");
  EXPECT_EQ(response.coordinators[1].error_code, 15);
}

TEST(KafkaErrors, AreKafkasNumbersOnly) {
  for (std::int32_t code = 1000; code < 1023; code++)
    EXPECT_LT(code_of(static_cast<Errc>(code)), 1000) << code;
  EXPECT_EQ(code_of(Errc::budget_exceeded), 7);
  EXPECT_EQ(code_of(Errc::disk_full), 56);
  EXPECT_EQ(code_of(Errc::none), 0);
}

TEST(KafkaErrors, HaveShortTexts) {
  EXPECT_EQ(text_of({Errc::none, "fine"}), std::nullopt);
  EXPECT_EQ(text_of({Errc::corrupt, ""}), "corrupt");
  const auto text = text_of({Errc::corrupt, std::string(999, 'a') + "\xc3\xa4" + "b"});
  EXPECT_EQ(text, std::string(999, 'a') + "...") << "no half of a character";
}

}  // namespace
}  // namespace ropewalk::kafka
