// Every malformed batch, as Kafka's clients are told about it.
#include "tests/support/hostile_batches/hostile_batches.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/listeners/kafka/exchange/errors.h"
#include "tests/unit/broker/listeners/kafka/serving/kafka_rig.h"

namespace ropewalk::kafka {
namespace {

TEST(KafkaHostileBatches, AreRefusedByKafkasNumbers) {
  for (const std::int16_t version : {std::int16_t{7}, std::int16_t{9}}) {
    service::Limits limits;
    limits.uncompressed_bytes_max = support::kHostileDecompressedMax;
    KafkaRig rig({}, limits);
    rig.add_topic("there");
    std::int64_t stored = 0;
    for (const auto& hostile : support::hostile_batches()) {
      SCOPED_TRACE(hostile.name);
      const auto message =
          KafkaRig::produce_request("there", SharedBytes(std::string(hostile.records)));
      const auto response = rig.call<ProduceResponse>(message, version);
      const auto& answer = response.topics.at(0).partitions.at(0);
      const bool in_transaction = hostile.error == Errc::invalid_txn_state;
      EXPECT_EQ(answer.error_code,
                in_transaction ? kTransactionalIdAuthorizationFailed : code_of(hostile.error));
      EXPECT_EQ(answer.error_message.has_value(), version == 9 && hostile.error != Errc::none);
      if (hostile.error != Errc::none) {
        EXPECT_EQ(answer.base_offset, -1);
        continue;
      }
      EXPECT_GE(answer.base_offset, stored) << "nothing of what was refused is there";
      stored = answer.base_offset;
    }
  }
}

TEST(KafkaHostileBatches, NameTheRecordThatIsWrong) {
  KafkaRig rig;
  rig.add_topic("there");
  for (const auto& hostile : support::hostile_records()) {
    if (hostile.name != "record: offsets 0, 2") continue;
    const auto message =
        KafkaRig::produce_request("there", SharedBytes(std::string(hostile.records)));
    const auto response = rig.call<ProduceResponse>(message, 8);
    const auto& answer = response.topics.at(0).partitions.at(0);
    ASSERT_THAT(answer.record_errors, testing::SizeIs(1));
    EXPECT_EQ(answer.record_errors[0].batch_index, 1);
    EXPECT_TRUE(answer.record_errors[0].message);
    return;
  }
  FAIL() << "the case is gone";
}

}  // namespace
}  // namespace ropewalk::kafka
