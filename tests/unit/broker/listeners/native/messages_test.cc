#include <string>

#include <gtest/gtest.h>

#include "broker/listeners/native/fetch_messages.h"
#include "broker/listeners/native/metadata_messages.h"
#include "broker/listeners/native/produce_messages.h"
#include "broker/listeners/native/topic_messages.h"
#include "broker/listeners/native/voter_messages.h"
#include "common/wire/frame.h"

namespace ropewalk::native {
namespace {

TopicId topic_id(std::uint8_t fill) {
  Uuid id;
  id.bytes.fill(fill);
  return TopicId(id);
}

Errc code_of(const auto& result) { return result ? Errc::none : result.error().code; }

v1::ProduceRequest a_produce() {
  v1::ProduceRequest message;
  message.set_timeout_ms(250);
  auto* partition = message.add_partitions();
  partition->set_topic_id(topic_id(1).to_bytes());
  partition->set_partition(3);
  partition->set_leader_epoch(0);
  partition->set_records("batch");
  return message;
}

TEST(ProduceMessages, AbsentAcksMeanAll) {
  const SharedBytes body(a_produce().SerializeAsString());
  const auto message = read_produce(body);
  ASSERT_TRUE(message) << to_string(message.error());
  EXPECT_EQ(message->request.acks, -1);
  EXPECT_EQ(message->timeout_ms, 250);
  ASSERT_EQ(message->request.partitions.size(), 1u);
  const auto& partition = message->request.partitions[0];
  EXPECT_EQ(partition.topic.id, topic_id(1));
  EXPECT_EQ(partition.partition, 3);
  EXPECT_EQ(partition.leader_epoch, LeaderEpoch(0));  // Named, though it is the default number.
  EXPECT_EQ(partition.records.text(), "batch");
  EXPECT_EQ(partition.records.owner(), body.owner());  // Not copied.
}

TEST(ProduceMessages, RefusesAcksAndIdsThatAreNone) {
  auto message = a_produce();
  message.set_acks(static_cast<v1::Acks>(3));
  EXPECT_EQ(code_of(read_produce(SharedBytes(message.SerializeAsString()))),
            Errc::invalid_required_acks);
  message = a_produce();
  message.mutable_partitions(0)->set_topic_id("short");
  EXPECT_EQ(code_of(read_produce(SharedBytes(message.SerializeAsString()))), Errc::invalid_request);
  EXPECT_EQ(code_of(read_produce(SharedBytes(std::string("\xc2\x3e\x7f", 3)))),
            Errc::malformed_frame);
}

TEST(ProduceMessages, AnswersByPartitionAndRecord) {
  service::ProduceResponse response(2);
  response[0].base_offset = Offset(42);
  response[0].log_start = Offset(7);
  response[1].error = {Errc::not_leader_or_follower, "moved"};
  response[1].current_leader = {BrokerId(2), LeaderEpoch(9), "b2", 9192};
  response[1].record_faults.push_back({5, "no key"});
  const auto message = write_produce({{topic_id(1), 0}, {topic_id(1), 1}}, response);
  ASSERT_EQ(message.partitions_size(), 2);
  EXPECT_FALSE(message.partitions(0).has_error());
  EXPECT_FALSE(message.partitions(0).has_current_leader());
  EXPECT_FALSE(message.partitions(0).has_log_append_time_ms());
  EXPECT_EQ(message.partitions(0).base_offset(), 42);
  EXPECT_EQ(message.partitions(0).log_start_offset(), 7);
  const auto& failed = message.partitions(1);
  EXPECT_EQ(failed.partition(), 1);
  EXPECT_EQ(failed.error().code(), v1::NOT_LEADER_OR_FOLLOWER);
  EXPECT_TRUE(failed.error().retriable());
  EXPECT_EQ(failed.base_offset(), -1);
  EXPECT_EQ(failed.current_leader().host(), "b2");
  EXPECT_EQ(failed.record_errors(0).index(), 5);
}

v1::FetchRequest a_fetch() {
  v1::FetchRequest message;
  message.set_session_epoch(-1);
  for (std::int32_t i = 0; i < 3; i++) {
    auto* partition = message.add_partitions();
    partition->set_topic_id(topic_id(1).to_bytes());
    partition->set_partition(i);
    partition->set_fetch_offset(10 * i);
  }
  return message;
}

TEST(FetchMessages, ReadsWithDefaults) {
  auto message = a_fetch();
  message.set_max_wait_ms(2'000'000'000);
  const auto request = read_fetch(message);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->wait_max, std::chrono::minutes(5));  // Bounded.
  EXPECT_EQ(request->bytes_min, 1u);
  EXPECT_EQ(request->session_epoch, -1);
  EXPECT_EQ(request->partitions[2].fetch_offset, Offset(20));
  EXPECT_FALSE(request->partitions[2].leader_epoch);
  EXPECT_FALSE(request->partitions[2].last_epoch);
  message.mutable_partitions(2)->set_last_fetched_epoch(0);
  EXPECT_EQ(read_fetch(message)->partitions[2].last_epoch, LeaderEpoch(0));
}

TEST(FetchMessages, ReadsWhatConcernsItsSession) {
  auto message = a_fetch();
  message.set_session_id(31);
  message.set_session_epoch(7);
  auto* left = message.add_forgotten();
  left->set_topic_id(topic_id(2).to_bytes());
  left->set_partition(5);
  const auto request = read_fetch(message);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->session_id, 31);
  EXPECT_EQ(request->session_epoch, 7);
  ASSERT_EQ(request->forgotten.size(), 1u);
  EXPECT_EQ(request->forgotten[0].topic.id, topic_id(2));
  EXPECT_EQ(request->forgotten[0].partition, 5);
  left->set_topic_id("short");
  EXPECT_EQ(code_of(read_fetch(message)), Errc::invalid_request);
}

TEST(FetchMessages, RefusesWhatCannotBe) {
  auto message = a_fetch();
  message.set_max_bytes(-1);
  EXPECT_EQ(code_of(read_fetch(message)), Errc::invalid_request);
  message = a_fetch();
  message.set_isolation_level(static_cast<v1::IsolationLevel>(9));
  EXPECT_EQ(code_of(read_fetch(message)), Errc::invalid_request);
  message = a_fetch();
  message.mutable_partitions(1)->set_last_fetched_epoch(-1);
  EXPECT_EQ(code_of(read_fetch(message)), Errc::invalid_request);
  message = a_fetch();
  message.mutable_partitions(1)->set_max_bytes(-5);
  EXPECT_EQ(code_of(read_fetch(message)), Errc::invalid_request);
  message = a_fetch();
  message.mutable_partitions(1)->set_topic_id("short");
  EXPECT_EQ(code_of(read_fetch(message)), Errc::invalid_request);
}

// The chunks in a row are one frame that protobuf alone can read; the service's pins live as long
// as they do.
TEST(FetchMessages, WritesChunksThatAreOneFrame) {
  quota::ByteBudget budget(1000);
  service::FetchResponse response;
  response.session_id = 31;
  response.partitions.resize(3);
  response.partitions[2].topic.id = topic_id(4);
  response.partitions[2].partition = 2;
  response.partitions[0].records = {SharedBytes(std::string("first ")),
                                    SharedBytes(std::string("second"))};
  response.partitions[0].records_bytes = 12;
  response.partitions[0].high_watermark = Offset(100);
  response.partitions[1].error = {Errc::offset_out_of_range, "beyond the end"};
  response.partitions[2].records = {SharedBytes(std::string("third"))};
  response.partitions[2].records_bytes = 5;
  response.partitions[1].diverging = {LeaderEpoch(3), Offset(12)};
  response.memory = std::move(*budget.take(17));
  v1::ResponseHeader header;
  header.set_correlation_id(77);
  auto chunks = write_fetch(header, std::move(response));
  EXPECT_EQ(budget.used_bytes(), 17u);

  std::string bytes;
  for (const auto& chunk : chunks) bytes += std::get<SharedBytes>(chunk).text();
  const SharedBytes whole(bytes);
  ASSERT_EQ(wire::decode_length(whole.span(), 1 << 20).value() + wire::kLengthBytes, whole.size());
  const auto frame = wire::decode_response(whole.slice(4, whole.size() - 4));
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->header.correlation_id(), 77);
  v1::FetchResponse message;
  ASSERT_TRUE(wire::parse(frame->body.span(), message));
  ASSERT_EQ(message.partitions_size(), 3);
  EXPECT_EQ(message.partitions(0).records(), "first second");
  EXPECT_EQ(message.partitions(0).high_watermark(), 100);
  EXPECT_EQ(message.partitions(1).error().code(), v1::OFFSET_OUT_OF_RANGE);
  EXPECT_EQ(message.partitions(1).records(), "");
  EXPECT_EQ(message.partitions(2).records(), "third");
  EXPECT_EQ(message.partitions(2).topic_id(), topic_id(4).to_bytes());
  EXPECT_EQ(message.partitions(2).partition(), 2);
  EXPECT_EQ(message.session_id(), 31);
  EXPECT_FALSE(message.partitions(0).has_diverging());
  EXPECT_EQ(message.partitions(1).diverging().epoch(), 3);
  EXPECT_EQ(message.partitions(1).diverging().end_offset(), 12);

  chunks.clear();
  EXPECT_EQ(budget.used_bytes(), 0u);
}

TEST(TopicMessages, ATopicGoesByOneName) {
  EXPECT_EQ(code_of(read_topic("", "")), Errc::invalid_request);
  EXPECT_EQ(code_of(read_topic("a", topic_id(1).to_bytes())), Errc::invalid_request);
  EXPECT_EQ(code_of(read_topic("", "short")), Errc::invalid_request);
  EXPECT_EQ(read_topic("a", "")->name, "a");
  EXPECT_EQ(read_topic("", topic_id(1).to_bytes())->id, topic_id(1));
}

TEST(TopicMessages, AllTopicsLeavesNoRoomForAList) {
  v1::MetadataRequest message;
  message.set_all_topics(true);
  EXPECT_EQ(code_of(read_metadata(message)), Errc::none);
  message.add_topic_names("a");
  EXPECT_EQ(code_of(read_metadata(message)), Errc::invalid_request);
}

TEST(TopicMessages, AnAbsentValueIsTheDefaultAndAnEmptyOneIsNot) {
  v1::SetTopicConfigRequest message;
  message.set_name("a");
  message.add_changes()->set_name("durability");
  auto* empty = message.add_changes();
  empty->set_name("retention.ms");
  empty->set_value("");
  const auto request = read_set_topic_config(message);
  ASSERT_TRUE(request);
  EXPECT_FALSE(request->changes[0].value);
  EXPECT_EQ(request->changes[1].value, "");
}

TEST(TopicMessages, AProducerIdComesWithItsEpoch) {
  v1::InitProducerIdRequest message;
  EXPECT_EQ(read_init_producer(message)->producer, kNoProducer);
  message.set_producer_id(0);
  EXPECT_EQ(code_of(read_init_producer(message)), Errc::invalid_request);
  message.set_producer_epoch(0);
  EXPECT_EQ(read_init_producer(message)->producer, ProducerId(0));
  message.set_producer_epoch(32768);
  EXPECT_EQ(code_of(read_init_producer(message)), Errc::invalid_request);
}

TEST(MetadataMessages, KeepsWhatTheServiceSays) {
  service::MetadataResponse response;
  response.cluster_id = ClusterId(topic_id(9));
  response.brokers.push_back({BrokerId(1), "host", 9192, "r", true});
  auto& topic = response.topics.emplace_back();
  topic.name = "orders";
  topic.id = topic_id(1);
  auto& partition = topic.partitions.emplace_back();
  partition.leader = BrokerId(1);
  partition.leader_epoch = LeaderEpoch(4);
  partition.replicas = {BrokerId(1), BrokerId(2)};
  auto& missing = response.topics.emplace_back();
  missing.name = "nothing";
  missing.error = {Errc::unknown_topic_or_partition, ""};
  const auto message = write_metadata(response);
  EXPECT_EQ(message.controller_id(), -1);
  EXPECT_TRUE(message.brokers(0).fenced());
  EXPECT_EQ(message.topics(0).partitions(0).replicas(1), 2);
  EXPECT_EQ(message.topics(0).partitions(0).leader_epoch(), 4);
  EXPECT_EQ(message.topics(1).error().code(), v1::UNKNOWN_TOPIC_OR_PARTITION);
  EXPECT_TRUE(message.topics(1).topic_id().empty());
}

TEST(VoterMessages, NameReplicasByBrokerAndPerhapsDirectory) {
  v1::ChangeVotersRequest message;
  message.mutable_add()->set_broker_id(2);
  message.mutable_remove()->set_broker_id(3);
  Uuid directory;
  directory.bytes.fill(4);
  message.mutable_remove()->set_directory_id(directory.to_bytes());
  const auto change = read_change_voters(message);
  ASSERT_TRUE(change) << to_string(change.error());
  EXPECT_TRUE(change->add->directory.is_none());
  EXPECT_EQ(change->remove->directory, DirectoryId(directory));
  message.mutable_add()->set_directory_id("short");
  EXPECT_EQ(code_of(read_change_voters(message)), Errc::invalid_request);
}

TEST(VoterMessages, TellWhatIsNotKnownFromNothing) {
  service::VotersResponse response;
  response.quorum.log_end = Offset(10);
  metadata::QuorumReplica replica;
  response.quorum.replicas.push_back(replica);
  replica.log_end = Offset(7);
  response.quorum.replicas.push_back(replica);
  const auto message = write_quorum(response);
  EXPECT_EQ(message.replicas(0).log_end_offset(), -1);
  EXPECT_EQ(message.replicas(0).lag(), -1);
  EXPECT_EQ(message.replicas(1).log_end_offset(), 7);
  EXPECT_EQ(message.replicas(1).lag(), 3);
}

}  // namespace
}  // namespace ropewalk::native
