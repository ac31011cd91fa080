// Frames into a session of the native listener, over the real use cases of a broker with one topic:
// header and body of every request, and what is done with them.
#include "broker/listeners/native/native_listener.h"
#include "common/wire/frame.h"
#include "ropewalk/v1/fetch.pb.h"
#include "ropewalk/v1/metadata.pb.h"
#include "ropewalk/v1/negotiate.pb.h"
#include "ropewalk/v1/offsets.pb.h"
#include "ropewalk/v1/produce.pb.h"
#include "ropewalk/v1/producer_id.pb.h"
#include "ropewalk/v1/topics.pb.h"
#include "tests/fuzz/session_world.h"
#include "tests/fuzz/target.h"

namespace ropewalk::fuzz {
namespace {

constexpr std::int32_t kApis[] = {v1::API_NEGOTIATE,        v1::API_METADATA,
                                  v1::API_DESCRIBE_CLUSTER, v1::API_CREATE_TOPIC,
                                  v1::API_DELETE_TOPIC,     v1::API_DESCRIBE_TOPICS,
                                  v1::API_SET_TOPIC_CONFIG, v1::API_INIT_PRODUCER_ID,
                                  v1::API_PRODUCE,          v1::API_FETCH,
                                  v1::API_LIST_OFFSETS};
// Values of the first byte beyond the apis above, which are 0 to 10.
constexpr unsigned kWholeFrame = 11;  // Header and body as they are.
constexpr unsigned kFreshFrame = 12;  // The same as the first frame of the connection.
constexpr unsigned kBatch = 13;       // A batch, mended, in a produce to the topic.
constexpr unsigned kModes = 14;

using World = SessionWorld<native::NativeListener, native::NativeOptions>;

// As it arrives: without its length.
std::string frame_of(std::int32_t api, std::string_view body) {
  v1::RequestHeader header;
  header.set_api_key(api);
  header.set_correlation_id(3);
  header.set_timeout_ms(20);
  const auto whole = wire::encode_frame(header);
  return std::string(whole.text().substr(wire::kLengthBytes)).append(body);
}

std::string produce_of(const TopicId& topic, std::string records) {
  v1::ProduceRequest message;
  auto& partition = *message.add_partitions();
  partition.set_topic_id(topic.to_bytes());
  partition.set_records(std::move(records));
  return message.SerializeAsString();
}

std::string seed(std::int32_t api, const google::protobuf::MessageLite& body) {
  const auto at = std::ranges::find(kApis, api) - std::begin(kApis);
  return static_cast<char>(at) + body.SerializeAsString();
}

}  // namespace

std::vector<Seed> seeds() {
  TopicId topic;
  topic.bytes.fill(11);  // As ServiceRig numbers its first one.
  const std::string id = topic.to_bytes();
  v1::NegotiateRequest negotiate;
  negotiate.set_software_name("seed");
  v1::MetadataRequest metadata;
  metadata.add_topic_names("there");
  metadata.add_topic_ids(id);
  v1::CreateTopicRequest create;
  create.set_name("orders");
  create.set_partitions(3);
  create.add_settings()->set_name("retention.ms");
  create.mutable_settings(0)->set_value("1000");
  v1::DeleteTopicRequest remove;
  remove.set_topic_id(id);
  v1::DescribeTopicsRequest describe;
  describe.set_all_topics(true);
  v1::SetTopicConfigRequest set;
  set.set_name("there");
  set.add_changes()->set_name("durability");
  v1::InitProducerIdRequest producer;
  producer.set_producer_id(0);
  producer.set_producer_epoch(0);
  v1::FetchRequest fetch;
  fetch.set_session_epoch(-1);
  fetch.add_partitions()->set_topic_id(id);
  fetch.mutable_partitions(0)->set_partition(1);
  v1::ListOffsetsRequest offsets;
  offsets.add_partitions()->set_topic_id(id);
  offsets.mutable_partitions(0)->set_query(v1::OFFSET_BY_TIMESTAMP);
  const std::string batch(service::ServiceRig::batch(2).text());
  const std::string idempotent(
      service::ServiceRig::batch(2, 20, Codec::lz4, {ProducerId(5), ProducerEpoch(0), 0}).text());
  return {{"negotiate", seed(v1::API_NEGOTIATE, negotiate)},
          {"metadata", seed(v1::API_METADATA, metadata)},
          {"cluster", seed(v1::API_DESCRIBE_CLUSTER, v1::MetadataRequest())},
          {"create", seed(v1::API_CREATE_TOPIC, create)},
          {"delete", seed(v1::API_DELETE_TOPIC, remove)},
          {"describe", seed(v1::API_DESCRIBE_TOPICS, describe)},
          {"set", seed(v1::API_SET_TOPIC_CONFIG, set)},
          {"producer", seed(v1::API_INIT_PRODUCER_ID, producer)},
          {"fetch", seed(v1::API_FETCH, fetch)},
          {"offsets", seed(v1::API_LIST_OFFSETS, offsets)},
          {"produce", "\x08" + produce_of(topic, batch)},
          {"batch", "\x0d" + batch},
          {"batch_idempotent", "\x0d" + idempotent},
          {"whole_frame", "\x0b" + frame_of(v1::API_METADATA, metadata.SerializeAsString())},
          {"fresh_frame", "\x0c" + frame_of(v1::API_NEGOTIATE, negotiate.SerializeAsString())}};
}

}  // namespace ropewalk::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ropewalk;
  using namespace ropewalk::fuzz;
  Input input(data, size);
  const unsigned mode = input.byte() % kModes;
  World& broker = kept_world<World>("there");
  std::vector<std::string> frames;
  if (mode != kFreshFrame) frames.push_back(frame_of(v1::API_NEGOTIATE, ""));
  if (mode == kWholeFrame || mode == kFreshFrame)
    frames.emplace_back(input.rest());
  else if (mode == kBatch)
    frames.push_back(
        frame_of(v1::API_PRODUCE, produce_of(broker.topic, with_right_checksums(input.rest()))));
  else
    frames.push_back(frame_of(kApis[mode], input.rest()));
  frames.push_back(frame_of(v1::API_METADATA, ""));
  broker.serve(frames);
  return 0;
}
