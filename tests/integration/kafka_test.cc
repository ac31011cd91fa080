// Kafka's protocol against a real broker: many connections over all of its cores, and what is left
// of what it acknowledged after it was killed.
#include <atomic>
#include <chrono>
#include <csignal>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/listeners/kafka/messages/create_topics.h"
#include "broker/listeners/kafka/messages/fetch.h"
#include "broker/listeners/kafka/messages/list_offsets.h"
#include "broker/listeners/kafka/messages/metadata.h"
#include "broker/listeners/kafka/messages/produce.h"
#include "common/records/batch_builder.h"
#include "common/records/batch_header.h"
#include "tests/integration/kafka_connection.h"
#include "tests/support/broker_process.h"
#include "tests/support/native_client.h"
#include "tests/support/temporary_directory.h"

namespace ropewalk::support {
namespace {

using namespace std::chrono_literals;

constexpr const char* kTopic = "many";
constexpr std::int32_t kPartitions = 4;
constexpr int kBatches = 60;
constexpr std::int32_t kRecords = 3;  // Of a batch.
constexpr auto kPatience = 120s;      // Machines were seen to stand still for a minute.

// What went wrong in a thread; empty: nothing.
using Fault = std::string;

SharedBytes batch_of(std::int32_t partition, int number) {
  BatchBuilder builder;
  // Small ones are answered from memory, large ones from the file.
  const std::size_t bytes = number % 4 == 0 ? 20'000 : 20;
  const std::string value = fmt::format("{}/{}:{}", partition, number, std::string(bytes, 'v'));
  for (std::int32_t i = 0; i < kRecords; i++) {
    NewRecord record;
    record.timestamp = 1'700'000'000'000;
    record.value = as_bytes(value);
    builder.append(record);
  }
  return builder.finish(Codec::none).value();
}

Result<void> produce_all(std::uint16_t port, std::int32_t partition) {
  TRY(auto broker, KafkaConnection::connect(port));
  for (int number = 0; number < kBatches;) {
    kafka::ProduceRequest message;
    message.acks = -1;
    message.timeout_ms = 60'000;
    message.topics.push_back({.name = kTopic, .partitions = {}});
    message.topics[0].partitions.push_back(
        {.index = partition, .records = batch_of(partition, number)});
    TRY(const auto response, broker.call<kafka::ProduceResponse>(message, 8));
    const auto& answer = response.topics.at(0).partitions.at(0);
    if (answer.error_code == static_cast<int>(Errc::leader_not_available)) continue;
    if (answer.error_code != 0)
      return fail(Errc::invalid_request, "produce: {}: {}", answer.error_code,
                  answer.error_message.value_or(""));
    if (answer.base_offset != std::int64_t{number} * kRecords)
      return fail(Errc::corrupt, "batch {} is at {}", number, answer.base_offset);
    number++;
  }
  return {};
}

// Follows in a fetch session until everything was read, byte for byte.
Result<void> consume_all(std::uint16_t port, std::int32_t partition) {
  TRY(auto broker, KafkaConnection::connect(port));
  kafka::FetchRequest message;
  message.max_wait_ms = 500;
  message.min_bytes = 1;
  message.max_bytes = 1 << 20;
  message.session_epoch = 0;
  int number = 0;
  while (number < kBatches) {
    // Named again each time, since the offset moves.
    message.topics = {{.topic = kTopic, .partitions = {}}};
    message.topics[0].partitions.push_back({.partition = partition,
                                            .fetch_offset = std::int64_t{number} * kRecords,
                                            .partition_max_bytes = 1 << 20});
    TRY(const auto response, broker.call<kafka::FetchResponse>(message, 11));
    if (response.error_code != 0)
      return fail(Errc::invalid_request, "fetch: {}", response.error_code);
    message.session_id = response.session_id;
    message.session_epoch = response.session_id == 0 ? -1 : message.session_epoch + 1;
    for (const auto& topic : response.topics) {
      for (const auto& answer : topic.partitions) {
        if (answer.error_code == static_cast<int>(Errc::leader_not_available)) continue;
        if (answer.error_code != 0)
          return fail(Errc::invalid_request, "fetch: {}", answer.error_code);
        std::string records;
        for (const auto& chunk : *answer.records) records += std::get<SharedBytes>(chunk).text();
        for (std::size_t at = 0; at < records.size(); number++) {
          const auto header = BatchHeader::parse(as_bytes(records).subspan(at));
          if (!header) return fail(header.error());
          const SharedBytes sent = batch_of(partition, number);
          if (header->base_offset.value() != std::int64_t{number} * kRecords ||
              header->size() != sent.size() ||
              records.compare(at + batch_at::kMagic, sent.size() - batch_at::kMagic,
                              sent.text().substr(batch_at::kMagic)) != 0)
            return fail(Errc::corrupt, "batch {} came back as another", number);
          at += header->size();
        }
      }
    }
  }
  return {};
}

// As clients do all the time.
Result<void> ask_until(std::uint16_t port, const std::atomic<bool>& done) {
  TRY(auto broker, KafkaConnection::connect(port));
  while (!done) {
    TRY(const auto metadata, broker.call<kafka::MetadataResponse>(kafka::MetadataRequest{}, 9));
    if (metadata.brokers.size() != 1) return fail(Errc::corrupt, "no broker");
    kafka::ListOffsetsRequest ends;
    ends.topics.push_back({.name = kTopic, .partitions = {{.timestamp = -1}}});
    TRY_VOID(broker.call<kafka::ListOffsetsResponse>(ends, 5));
  }
  return {};
}

class KafkaBroker : public ::testing::Test {
 protected:
  void start(std::vector<std::string> flags = {}) {
    auto started = start_ready_broker({.data_directory = directory_.file("data"),
                                       .stderr_file = directory_.file("broker.log"),
                                       .flags = std::move(flags),
                                       .admin_listen = "off"},
                                      kPatience);
    ASSERT_TRUE(started) << to_string(started.error());
    broker_ = std::make_unique<BrokerProcess>(std::move(*started));
  }
  // What a broker has said when it was greeted so, closed that connection and was stopped.
  std::string log_after(const std::string& greeting) {
    start();
    if (!broker_) return "";
    auto socket = RawSocket::connect(broker_->kafka_port, {});
    EXPECT_TRUE(socket && socket->send(greeting) && socket->closes());
    broker_->process.signal(SIGTERM);
    EXPECT_EQ(broker_->process.wait(), 0);
    std::ifstream file(directory_.file("broker.log"));
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
  void run(std::function<Result<void>()> work) {
    auto& fault = faults_.emplace_back(std::make_unique<Fault>());
    threads_.emplace_back([work = std::move(work), into = fault.get()] {
      if (const auto done = work(); !done) *into = to_string(done.error());
    });
  }
  void join() {
    for (std::thread& thread : threads_) thread.join();
    for (const auto& fault : faults_) EXPECT_EQ(*fault, "");
    threads_.clear();
    faults_.clear();
  }

  TemporaryDirectory directory_{"kafka"};
  std::unique_ptr<BrokerProcess> broker_;
  std::vector<std::thread> threads_;
  std::vector<std::unique_ptr<Fault>> faults_;
};

// C05: who makes a topic and produces at once is not told that nobody leads it.
TEST_F(KafkaBroker, ATopicServesWhenItsMakingIsAnswered) {
  ASSERT_NO_FATAL_FAILURE(start());
  auto broker = KafkaConnection::connect(broker_->kafka_port);
  ASSERT_TRUE(broker) << to_string(broker.error());
  for (int number = 0; number < 50; number++) {
    const std::string name = fmt::format("new-{}", number);
    kafka::CreateTopicsRequest create;
    create.timeout_ms = 60'000;
    kafka::CreatableTopic& topic = create.topics.emplace_back();
    topic.name = name;
    topic.num_partitions = 3;
    topic.replication_factor = 1;
    const auto created = broker->call<kafka::CreateTopicsResponse>(create, 5);
    ASSERT_TRUE(created) << to_string(created.error());
    ASSERT_EQ(created->topics.at(0).error_code, 0);
    kafka::ProduceRequest message;
    message.acks = -1;
    message.timeout_ms = 60'000;
    message.topics.push_back(
        {.name = name, .partitions = {{.index = 2, .records = batch_of(2, 1)}}});
    const auto produced = broker->call<kafka::ProduceResponse>(message, 8);
    ASSERT_TRUE(produced) << to_string(produced.error());
    ASSERT_EQ(produced->topics.at(0).partitions.at(0).error_code, 0) << name;
  }
}

TEST_F(KafkaBroker, ATopicThatIsAskedAboutHasTheDefaultPartitions) {
  ASSERT_NO_FATAL_FAILURE(start({"--default-partitions=4"}));
  auto broker = KafkaConnection::connect(broker_->kafka_port);
  ASSERT_TRUE(broker) << to_string(broker.error());
  kafka::MetadataRequest ask;
  ask.topics.emplace().emplace_back().name = "asked";
  const auto metadata = broker->call<kafka::MetadataResponse>(ask, 9);
  ASSERT_TRUE(metadata) << to_string(metadata.error());
  EXPECT_EQ(metadata->topics.at(0).partitions.size(), 4u);
}

// Old clients, and those that were told the versions, do not ask for them first.
TEST_F(KafkaBroker, TheFirstRequestMayBeALargeOne) {
  ASSERT_NO_FATAL_FAILURE(start());
  {
    auto asking = KafkaConnection::connect(broker_->kafka_port);
    ASSERT_TRUE(asking) << to_string(asking.error());
    kafka::MetadataRequest topic;
    topic.topics.emplace().push_back({.topic_id = {}, .name = kTopic});
    ASSERT_TRUE(asking->call<kafka::MetadataResponse>(topic, 4));
  }
  BatchBuilder builder;
  const std::string value(400'000, 'v');
  NewRecord record;
  record.value = as_bytes(value);
  builder.append(record);
  kafka::ProduceRequest message;
  message.acks = -1;
  message.timeout_ms = 60'000;
  message.topics.push_back({.name = kTopic, .partitions = {}});
  message.topics[0].partitions.push_back(
      {.index = 0, .records = builder.finish(Codec::none).value()});
  auto producing = KafkaConnection::connect(broker_->kafka_port);
  ASSERT_TRUE(producing) << to_string(producing.error());
  const auto produced = producing->call<kafka::ProduceResponse>(message, 8);
  ASSERT_TRUE(produced) << to_string(produced.error());
  EXPECT_EQ(produced->topics.at(0).partitions.at(0).error_code, 0);
}

// C53: closed at once, nothing allocated for the "length", and the log says who it was.
TEST_F(KafkaBroker, NamesABrowserThatComesToTheWrongPort) {
  EXPECT_THAT(log_after("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
              ::testing::HasSubstr("looks like HTTP"));
}

TEST_F(KafkaBroker, NamesWhoSpeaksTlsToAPlainPort) {
  EXPECT_THAT(log_after({"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11}),
              ::testing::HasSubstr("looks like TLS"));
}

TEST_F(KafkaBroker, ServesManyConnectionsAndKeepsWhatItAcknowledged) {
  ASSERT_NO_FATAL_FAILURE(start());
  const std::uint16_t port = broker_->kafka_port;
  {
    auto client = NativeClient::connect(broker_->port, kPatience);
    ASSERT_TRUE(client) << to_string(client.error());
    ASSERT_TRUE(client->create_topic({.name = kTopic, .partitions = kPartitions}));
  }
  std::atomic<bool> done = false;
  std::thread asking([&] {
    const auto asked = ask_until(port, done);
    EXPECT_TRUE(asked) << to_string(asked.error());
  });
  for (std::int32_t partition = 0; partition < kPartitions; partition++) {
    run([=] { return produce_all(port, partition); });
    run([=] { return consume_all(port, partition); });
  }
  join();
  done = true;
  asking.join();

  broker_->process.kill_hard();
  broker_.reset();
  ASSERT_NO_FATAL_FAILURE(start());
  for (std::int32_t partition = 0; partition < kPartitions; partition++)
    run([port = broker_->kafka_port, partition] { return consume_all(port, partition); });
  join();
}

}  // namespace
}  // namespace ropewalk::support
