// A session of the Kafka listener over the use cases of a simulated broker, and its peer.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "broker/listeners/kafka/kafka_listener.h"
#include "tests/support/kept_outbox.h"
#include "tests/unit/broker/listeners/kafka/frames.h"
#include "tests/unit/broker/service/service_rig.h"

namespace ropewalk::kafka {

class KafkaRig : public service::ServiceRig {
 public:
  explicit KafkaRig(KafkaOptions options = {}, service::Limits limits = {})
      : ServiceRig(1, limits) {
    listen(options);
    register_kafka();
    connect();
  }
  ~KafkaRig() {
    disconnect();
    world.run(core(), listener->stop());
    sessions = nullptr;
    listener.reset();
  }

  // What the broker says of its settings. Begins another connection.
  void use_settings(std::vector<settings::ShownSetting> shown) {
    parts->settings = std::move(shown);
    listen_again();
  }
  // With the parts as they are now. Begins another connection.
  void listen_again() {
    disconnect();
    world.run(core(), listener->stop());
    sessions = nullptr;
    listener.reset();
    use_cases = std::make_unique<service::UseCases>(*parts);
    listen({});
    connect();
  }
  // Ends the connection, if there is one, and begins another.
  void connect() {
    disconnect();
    outbox = std::make_shared<support::KeptOutbox>(core());
    on_core([&] { session = sessions({core(), {"10.0.0.7", 19092}, {"10.0.0.8", 4000}, outbox}); });
  }
  void disconnect() {
    if (!session) return;
    on_core([&] {
      session->on_closed();
      session.reset();
    });
  }

  // As it arrives: without its length.
  template <Message Request>
  SharedBytes request(const Request& message, std::int16_t version,
                      std::optional<std::string> client = "test") {
    RequestHeader header;
    header.correlation_id = ++correlation;
    header.client_id = std::move(client);
    auto frame = write_frame<Request>(header, version, message);
    ENSURE(frame.has_value(), "{}", frame.error());
    std::string bytes = text_of(*frame);
    return SharedBytes(bytes.substr(4));
  }
  // All of one read.
  void arrive(std::vector<SharedBytes> frames) {
    on_core([&] { session->on_frames(frames); });
  }
  bool answered(std::size_t replies) {
    return until([&] { return outbox->frames.size() >= replies || outbox->closed.has_value(); });
  }
  template <Message Response>
  ReadFrame<Response> reply(std::size_t index, std::int16_t version) {
    ENSURE(index < outbox->frames.size(), "there are {} replies{}", outbox->frames.size(),
           outbox->closed ? ", closed: " + to_string(*outbox->closed) : "");
    const std::string bytes = text_of(outbox->frames[index]);
    EXPECT_EQ(load_be<std::uint32_t>(reinterpret_cast<const std::byte*>(bytes.data())),
              bytes.size() - 4);
    auto read = read_frame<Response>(SharedBytes(bytes.substr(4)), version);
    ENSURE(read.has_value(), "{}", read.error());
    return std::move(*read);
  }
  // One request, and its reply.
  template <Message Response, Message Request>
  Response call(const Request& message, std::int16_t version) {
    static_assert(&Request::kApi == &Response::kApi);
    const std::size_t before = outbox->frames.size();
    arrive({request(message, version)});
    ENSURE(answered(before + 1), "no reply");
    auto read = reply<Response>(before, version);
    EXPECT_EQ(read.header.correlation_id, correlation);
    return std::move(read.body);
  }

  static ProduceRequest produce_request(const std::string& topic, SharedBytes records,
                                        std::int16_t acks = -1) {
    ProduceRequest message;
    message.acks = acks;
    message.timeout_ms = 5'000;
    message.topics.push_back({.name = topic, .partitions = {{.index = 0, .records = records}}});
    return message;
  }
  static FetchRequest fetch_request(const std::string& topic, std::int64_t offset,
                                    std::int32_t max_wait_ms = 0) {
    FetchRequest message;
    message.max_wait_ms = max_wait_ms;
    message.min_bytes = 1;
    message.max_bytes = 1 << 20;
    FetchTopic wanted{.topic = topic, .partitions = {}};
    wanted.partitions.push_back({.fetch_offset = offset, .partition_max_bytes = 1 << 20});
    message.topics.push_back(std::move(wanted));
    return message;
  }

  std::unique_ptr<KafkaListener> listener;
  rpc::SessionFactory sessions;
  std::shared_ptr<support::KeptOutbox> outbox;
  std::unique_ptr<rpc::Session> session;
  std::int32_t correlation = 0;

 private:
  void listen(KafkaOptions options) {
    on_core([&] {
      listener = std::make_unique<KafkaListener>(environment(), *use_cases, options);
      sessions = listener->sessions();
    });
  }
  void register_kafka() {
    metadata::BrokerRegistration broker;
    broker.id = kSelf;
    broker.incarnation.bytes.fill(9);
    broker.listeners.push_back({.name = "kafka", .host = "0.0.0.0", .port = 9092});
    broker.directories.push_back(directory->meta().directory);
    broker.fenced = true;
    apply({metadata::RegisterBrokerRecord{broker}});
    apply({metadata::BrokerRegistrationChangeRecord{.id = kSelf,
                                                    .epoch = BrokerEpoch(image->offset().value()),
                                                    .fenced = false,
                                                    .in_controlled_shutdown = {},
                                                    .directories = {}}});
  }
};

}  // namespace ropewalk::kafka
