// Frames into a session of the Kafka listener, over the real use cases of a broker with one topic:
// every call in every version, and what is done with it.
#include "broker/listeners/kafka/codec/codec.h"
#include "broker/listeners/kafka/kafka_listener.h"
#include "broker/listeners/kafka/messages/api_versions.h"
#include "broker/listeners/kafka/messages/produce.h"
#include "tests/fuzz/golden_requests.h"
#include "tests/fuzz/session_world.h"

namespace ropewalk::fuzz {
namespace {

using World = SessionWorld<kafka::KafkaListener, kafka::KafkaOptions>;

constexpr const char* kTopic = "orders";  // Of the golden requests that clients sent.
// Values of the first byte.
constexpr unsigned kWholeFrame = 0;  // Header and body as they are.
constexpr unsigned kBatch = 1;       // A batch, mended, in a produce to the topic.
constexpr unsigned kModes = 2;

template <class Request>
std::string frame_of(std::int16_t version, const Request& message) {
  kafka::RequestHeader header;
  header.correlation_id = 3;
  const auto chunks = kafka::write_frame<Request>(header, version, message);
  ENSURE(chunks.has_value(), "{}", chunks.error());
  std::string text;
  for (const env::Chunk& chunk : *chunks) text += std::get<SharedBytes>(chunk).text();
  return text.substr(sizeof(std::int32_t));
}

std::string produce_of(std::string records) {
  kafka::ProduceRequest message;
  message.acks = -1;
  message.timeout_ms = 20;
  auto& partition = message.topics.emplace_back(kTopic).partitions.emplace_back();
  partition.records = SharedBytes(std::move(records));
  return frame_of(9, message);
}

}  // namespace

std::vector<Seed> seeds() {
  std::vector<Seed> all = golden_requests();
  for (Seed& seed : all) seed.bytes.insert(0, 1, static_cast<char>(kWholeFrame));
  const auto batch = [&](const char* name, const SharedBytes& bytes) {
    all.push_back({name, static_cast<char>(kBatch) + std::string(bytes.text())});
  };
  batch("batch", service::ServiceRig::batch(2));
  batch("batch_idempotent",
        service::ServiceRig::batch(2, 20, Codec::lz4, {ProducerId(5), ProducerEpoch(0), 0}));
  return all;
}

}  // namespace ropewalk::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ropewalk;
  using namespace ropewalk::fuzz;
  Input input(data, size);
  const unsigned mode = input.byte() % kModes;
  std::vector<std::string> frames;
  if (mode == kWholeFrame)
    frames.emplace_back(input.rest());
  else
    frames.push_back(produce_of(with_right_checksums(input.rest())));
  frames.push_back(frame_of(0, kafka::ApiVersionsRequest{}));
  const std::size_t answered = kept_world<World>(kTopic).serve(frames);
  ENSURE(answered <= frames.size(), "{} answers to {} requests", answered, frames.size());
  return 0;
}
