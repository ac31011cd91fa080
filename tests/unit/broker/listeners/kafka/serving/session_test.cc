// The conversation: order, limits, and what ends it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/wire/frame.h"
#include "ropewalk/v1/negotiate.pb.h"
#include "tests/unit/broker/listeners/kafka/serving/kafka_rig.h"

namespace ropewalk::kafka {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

TEST(KafkaSession, AnswersInTheOrderOfTheRequests) {
  KafkaRig rig;
  rig.add_topic("t");
  const auto waits = rig.request(KafkaRig::fetch_request("t", 0, 60'000), 11);
  const auto quick = rig.request(
      ApiVersionsRequest{.client_software_name = "a", .client_software_version = "1"}, 3);
  rig.arrive({waits, quick});
  rig.world.run_for(std::chrono::seconds(1));
  EXPECT_THAT(rig.outbox->frames, SizeIs(0)) << "the fetch comes first";

  rig.arrive({rig.request(KafkaRig::produce_request("t", KafkaRig::batch(2)), 8)});
  ASSERT_TRUE(rig.answered(3));
  EXPECT_EQ(rig.reply<FetchResponse>(0, 11).header.correlation_id, 1);
  EXPECT_EQ(rig.reply<ApiVersionsResponse>(1, 3).header.correlation_id, 2);
  EXPECT_EQ(rig.reply<ProduceResponse>(2, 8).header.correlation_id, 3);
}

TEST(KafkaSession, IsNotReadWhileAsManyRequestsWaitAsMay) {
  KafkaRig rig({.requests_max = 2});
  const TopicId topic = rig.add_topic("t");
  const auto waits = [&] { return rig.request(KafkaRig::fetch_request("t", 0, 60'000), 11); };
  rig.arrive({waits()});
  EXPECT_FALSE(rig.outbox->holds_reading);
  rig.arrive({waits()});
  EXPECT_TRUE(rig.outbox->holds_reading);
  rig.produce_one(KafkaRig::to(topic, 0, KafkaRig::batch()));
  ASSERT_TRUE(rig.answered(2));
  EXPECT_FALSE(rig.outbox->holds_reading);
}

TEST(KafkaSession, AnUnknownVersionOfApiVersionsIsAnsweredInTheOldest) {
  KafkaRig rig;
  // Key 18, version 9, correlation 77; what follows nobody can know.
  rig.arrive({SharedBytes(std::string("\x00\x12\x00\x09\x00\x00\x00\x4d\x7f\x7f", 10))});
  ASSERT_TRUE(rig.answered(1));
  const auto reply = rig.reply<ApiVersionsResponse>(0, 0);
  EXPECT_EQ(reply.header.correlation_id, 77);
  EXPECT_EQ(reply.body.error_code, 35);
  ASSERT_THAT(reply.body.api_keys, SizeIs(1));
  EXPECT_EQ(reply.body.api_keys[0].api_key, 18);
  EXPECT_EQ(reply.body.api_keys[0].max_version, kApiVersions.last);
  EXPECT_FALSE(rig.outbox->closed);
}

TEST(KafkaSession, OffersProduceFromVersionZero) {
  KafkaRig rig;
  const auto response = rig.call<ApiVersionsResponse>(ApiVersionsRequest{}, 0);
  ASSERT_FALSE(response.api_keys.empty());
  EXPECT_EQ(response.api_keys[0].api_key, 0);
  EXPECT_EQ(response.api_keys[0].min_version, 0) << "KAFKA-18659";
}

TEST(KafkaSession, RefusesSoftwareWithoutAName) {
  KafkaRig rig;
  for (const char* const name : {"", "-a", "a.", "a b", "\xc3\xa4"}) {
    const auto response = rig.call<ApiVersionsResponse>(
        ApiVersionsRequest{.client_software_name = name, .client_software_version = "1"}, 3);
    EXPECT_EQ(response.error_code, 42) << name;
  }
  const auto good =
      rig.call<ApiVersionsResponse>(ApiVersionsRequest{.client_software_name = "apache-kafka-java",
                                                       .client_software_version = "4.1.0"},
                                    4);
  EXPECT_EQ(good.error_code, 0);
}

TEST(KafkaSession, ClosesOverWhatItDoesNotServe) {
  KafkaRig rig;
  rig.arrive({SharedBytes(std::string("\x00\x03\x00\x63\x00\x00\x00\x01", 8))});
  ASSERT_TRUE(rig.outbox->closed);
  EXPECT_EQ(rig.outbox->closed->code, Errc::unsupported_version);
  EXPECT_THAT(rig.outbox->closed->context, HasSubstr("api key 3 in version 99"));
}

TEST(KafkaSession, KnowsAClientOfTheNativeProtocol) {
  KafkaRig rig;
  v1::RequestHeader header;
  header.set_api_key(v1::API_NEGOTIATE);
  header.set_correlation_id(1);
  const auto frame = wire::encode_frame(header, v1::NegotiateRequest());
  rig.arrive({frame.slice(wire::kLengthBytes, frame.size() - wire::kLengthBytes)});
  ASSERT_TRUE(rig.outbox->closed);
  EXPECT_THAT(rig.outbox->closed->context, HasSubstr("native_listen"));
}

TEST(KafkaSession, WhatCameBeforeRubbishIsAnsweredStill) {
  KafkaRig rig;
  rig.add_topic("t");
  const auto good = rig.request(KafkaRig::produce_request("t", KafkaRig::batch(2)), 8);
  auto bad = rig.request(MetadataRequest{}, 4);
  bad = bad.slice(0, bad.size() - 1);
  const auto never = rig.request(ApiVersionsRequest{}, 0);
  rig.arrive({good, bad, never});
  ASSERT_TRUE(rig.until([&] { return rig.outbox->closed.has_value(); }));
  EXPECT_EQ(rig.outbox->closed->code, Errc::invalid_request);
  EXPECT_THAT(rig.outbox->closed->context, HasSubstr("Metadata request v4"));
  ASSERT_THAT(rig.outbox->frames, SizeIs(1));
  EXPECT_EQ(rig.reply<ProduceResponse>(0, 8).body.topics[0].partitions[0].error_code, 0);
}

TEST(KafkaSession, ClosesOnAPeerThatDoesNotTakeItsAnswers) {
  KafkaRig rig;
  rig.outbox->held = 9 << 20;
  rig.arrive({rig.request(MetadataRequest{}, 4)});
  ASSERT_TRUE(rig.outbox->closed);
  EXPECT_EQ(rig.outbox->closed->code, Errc::budget_exceeded);
}

// Kafka's protocol has no word for it; and the client is not to blame: others hold the memory.
TEST(KafkaSession, WaitsForMemoryForItsAnswer) {
  KafkaRig rig;
  rig.outbox->full = true;
  rig.arrive({rig.request(MetadataRequest{}, 4)});
  rig.world.run_for(std::chrono::seconds(1));
  EXPECT_THAT(rig.outbox->frames, SizeIs(0));
  rig.outbox->full = false;
  EXPECT_TRUE(rig.answered(1));
  EXPECT_FALSE(rig.outbox->closed);

  rig.outbox->full = true;
  rig.arrive({rig.request(MetadataRequest{}, 4)});
  ASSERT_TRUE(rig.world.run_until([&] { return rig.outbox->closed.has_value(); },
                                  std::chrono::seconds(60)));
  EXPECT_THAT(rig.outbox->closed->context, HasSubstr("answer_bytes_max"));
}

TEST(KafkaSession, OwesARequestUntilOneHasCome) {
  KafkaRig rig;
  EXPECT_TRUE(rig.session->owes_since());
  rig.call<ApiVersionsResponse>(ApiVersionsRequest{}, 0);
  EXPECT_FALSE(rig.session->owes_since());
  EXPECT_FALSE(rig.session->is_busy());
}

TEST(KafkaSession, EndsInTheMiddleOfAFetch) {
  KafkaRig rig;
  rig.add_topic("t");
  rig.arrive({rig.request(KafkaRig::fetch_request("t", 0, 60'000), 11)});
  EXPECT_TRUE(rig.session->is_busy());
  const auto before = rig.environment().now();
  rig.disconnect();
  rig.world.run(rig.core(), rig.listener->stop());
  EXPECT_LT(rig.environment().now() - before, std::chrono::seconds(1)) << "it is cancelled";
}

}  // namespace
}  // namespace ropewalk::kafka
