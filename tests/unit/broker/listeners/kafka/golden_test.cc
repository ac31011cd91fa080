// The codec against frames that others made: clients' requests, and another encoder's messages in
// every version.
#include <set>
#include <string>
#include <tuple>

#include <gtest/gtest.h>

#include "tests/unit/broker/listeners/kafka/frames.h"

namespace ropewalk::kafka {
namespace {

TEST(GoldenFrames, CoverEveryMessageInEveryVersion) {
  std::set<std::tuple<std::string, bool, std::int16_t>> there;
  for (const auto& golden : golden_frames())
    there.insert({golden.call, golden.is_request, golden.version});
  for (const Api* api : kApis) {
    for (std::int16_t version = api->first; version <= api->last; version++) {
      EXPECT_TRUE(there.contains({std::string(api->name), true, version}))
          << api->name << " request " << version;
      EXPECT_TRUE(there.contains({std::string(api->name), false, version}))
          << api->name << " response " << version;
    }
  }
}

TEST(GoldenFrames, AreWrittenAsTheyWereRead) {
  for (const auto& golden : golden_frames()) {
    SCOPED_TRACE(golden.name());
    with_message(golden, [&]<class M>() {
      const auto read = read_frame<M>(golden.frame(), golden.version);
      ASSERT_TRUE(read) << to_string(read.error());
      const auto written = write_frame<M>(read->header, golden.version, read->body);
      ASSERT_TRUE(written) << to_string(written.error());
      EXPECT_EQ(text_of(*written), golden.bytes);
    });
  }
}

TEST(GoldenFrames, AreFaultyWhereverTheyAreCut) {
  for (const auto& golden : golden_frames()) {
    SCOPED_TRACE(golden.name());
    with_message(golden, [&]<class M>() {
      const SharedBytes whole = golden.frame();
      for (std::size_t size = 0; size < whole.size(); size++) {
        // A copy of that size: reading beyond it is seen by ASan.
        const auto cut = SharedBytes::copy_of(whole.span().first(size));
        EXPECT_FALSE(read_frame<M>(cut, golden.version)) << size << " bytes";
      }
    });
  }
}

TEST(GoldenFrames, MayHaveAByteMoreIfTheyAreRequests) {
  for (const auto& golden : golden_frames()) {
    SCOPED_TRACE(golden.name());
    with_message(golden, [&]<class M>() {
      const SharedBytes longer(golden.bytes.substr(4) + '\0');
      const auto read = read_frame<M>(longer, golden.version);
      if (!M::kIsRequest) {
        ASSERT_FALSE(read);
        EXPECT_EQ(read.error().code, Errc::invalid_request);
        return;
      }
      ASSERT_TRUE(read) << to_string(read.error());
      const auto written = write_frame<M>(read->header, golden.version, read->body);
      ASSERT_TRUE(written) << to_string(written.error());
      EXPECT_EQ(text_of(*written), golden.bytes);
    });
  }
}

TEST(CapturedRequest, ProduceOfKcat) {
  const auto& golden = captured("Produce", 7, "kcat");
  const SharedBytes frame = golden.frame();
  const auto read = read_frame<ProduceRequest>(frame, 7);
  ASSERT_TRUE(read) << to_string(read.error());
  EXPECT_EQ(read->header.client_id, "rdkafka");
  EXPECT_EQ(read->body.transactional_id, std::nullopt);
  EXPECT_EQ(read->body.acks, -1);
  ASSERT_EQ(read->body.topics.size(), 1u);
  EXPECT_EQ(read->body.topics[0].name, "orders");
  ASSERT_EQ(read->body.topics[0].partitions.size(), 1u);
  const auto& partition = read->body.topics[0].partitions[0];
  EXPECT_EQ(partition.index, 0);
  ASSERT_TRUE(partition.records);
  EXPECT_EQ(partition.records->owner(), frame.owner());  // Not copied.
  EXPECT_EQ(partition.records->data() + partition.records->size(), frame.data() + frame.size());
  EXPECT_EQ(partition.records->data()[16], std::byte{2});  // The batch's magic.
}

TEST(CapturedRequest, FetchOfKcat) {
  const auto read = read_frame<FetchRequest>(captured("Fetch", 11, "kcat").frame(), 11);
  ASSERT_TRUE(read) << to_string(read.error());
  EXPECT_EQ(read->body.replica_id, -1);
  EXPECT_EQ(read->body.max_wait_ms, 500);
  EXPECT_EQ(read->body.min_bytes, 1);
  EXPECT_EQ(read->body.session_id, 0);
  EXPECT_EQ(read->body.session_epoch, -1);
  ASSERT_EQ(read->body.topics.size(), 1u);
  EXPECT_EQ(read->body.topics[0].topic, "orders");
  ASSERT_EQ(read->body.topics[0].partitions.size(), 1u);
  EXPECT_EQ(read->body.topics[0].partitions[0].current_leader_epoch, -1);
  EXPECT_EQ(read->body.topics[0].partitions[0].fetch_offset, 0);
  EXPECT_EQ(read->body.topics[0].partitions[0].last_fetched_epoch, -1);  // Not in version 11.
  EXPECT_TRUE(read->body.forgotten_topics.empty());
  EXPECT_EQ(read->body.rack_id, "");
}

TEST(CapturedRequest, MetadataOfOldAndNewPythonClients) {
  const auto oldest = read_frame<MetadataRequest>(captured("Metadata", 0, "python3-").frame(), 0);
  ASSERT_TRUE(oldest) << to_string(oldest.error());
  ASSERT_TRUE(oldest->body.topics);  // Null came with version 1.
  EXPECT_TRUE(oldest->body.topics->empty());
  EXPECT_TRUE(oldest->body.allow_auto_topic_creation);  // Before there was a choice.
  const auto old = read_frame<MetadataRequest>(captured("Metadata", 1, "python3-").frame(), 1);
  ASSERT_TRUE(old) << to_string(old.error());
  EXPECT_FALSE(old->body.topics);
  const auto newest =
      read_frame<MetadataRequest>(captured("Metadata", 12, "kafka-python").frame(), 12);
  ASSERT_TRUE(newest) << to_string(newest.error());
  EXPECT_TRUE(newest->header.client_id->starts_with("kafka-python"));
}

TEST(CapturedRequest, CreateTopicsOfConfluentKafka) {
  const auto read =
      read_frame<CreateTopicsRequest>(captured("CreateTopics", 4, "python3-confluent").frame(), 4);
  ASSERT_TRUE(read) << to_string(read.error());
  ASSERT_EQ(read->body.topics.size(), 1u);
  const auto& topic = read->body.topics[0];
  EXPECT_EQ(topic.name, "made");
  EXPECT_EQ(topic.num_partitions, 3);
  EXPECT_EQ(topic.replication_factor, 1);
  ASSERT_EQ(topic.configs.size(), 1u);
  EXPECT_EQ(topic.configs[0].name, "retention.ms");
  EXPECT_EQ(topic.configs[0].value, "1000");
}

TEST(CapturedRequest, ApiVersionsSaysWhoAsks) {
  const auto read = read_frame<ApiVersionsRequest>(captured("ApiVersions", 3, "kcat").frame(), 3);
  ASSERT_TRUE(read) << to_string(read.error());
  EXPECT_EQ(read->body.client_software_name, "librdkafka");
  EXPECT_EQ(read->body.client_software_version, "2.0.2");
}

}  // namespace
}  // namespace ropewalk::kafka
