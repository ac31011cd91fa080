// What clients may do to a broker by what they send and by what they do not read.
#include <random>
#include <string>
#include <vector>

#include "common/records/batch_builder.h"
#include "common/wire/errors.h"
#include "ropewalk/v1/metadata.pb.h"
#include "ropewalk/v1/producer_id.pb.h"
#include "tests/integration/hostile_fixture.h"
#include "tests/support/fetch_records.h"

namespace ropewalk::support {
namespace {

constexpr std::uint32_t kMiB = 1 << 20;

std::string batch_of(std::size_t bytes) {
  BatchBuilder builder;
  const std::string value(bytes, 'h');
  builder.append({.timestamp = 1, .key = {}, .value = as_bytes(value)});
  return std::string(builder.finish(Codec::none)->text());
}

std::string produce_of(const std::string& topic_id, std::int32_t partition,
                       const std::string& batch) {
  const auto frame = encode_produce(
      {.correlation_id = 5, .topic_id = topic_id, .partition = partition}, as_bytes(batch));
  return std::string(as_text(frame));
}

std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; i++) all += text;
  return all;
}

class HostileBytes : public Hostile {
 protected:
  std::string make_topic(const std::string& name, std::int32_t partitions) {
    auto client = NativeClient::connect(broker_->port, std::chrono::seconds(20));
    ENSURE(client.has_value(), "{}", client.error());
    auto topic = client->create_topic({.name = name, .partitions = partitions});
    ENSURE(topic.has_value(), "{}", topic.error());
    return *topic;
  }
  // A topic of theirs with a batch of each of these sizes.
  std::string fill_topic(const std::vector<std::size_t>& sizes) {
    const std::string topic = make_topic("theirs", 1);
    auto client = NativeClient::connect(broker_->port, std::chrono::seconds(20));
    ENSURE(client.has_value(), "{}", client.error());
    while (!fetch_records(*client, {.topic_id = topic}))
      continue;  // Opened a moment after it has a leader.
    for (const std::size_t size : sizes) {
      const auto outcome = client->send(as_bytes(produce_of(topic, 0, batch_of(size))));
      ENSURE(outcome.has_value() && client->receive().has_value(), "filling a topic");
    }
    return topic;
  }
  std::string fetch_of(const std::string& topic_id, std::int64_t offset, std::int32_t bytes_max) {
    const FetchFrom from{.topic_id = topic_id, .offset = offset, .bytes_max = bytes_max};
    return raw_frame(v1::API_FETCH, 7, fetch_request(from));
  }
};

TEST_F(HostileBytes, ReadersThatStopInTheMiddleOfLargeAnswers) {
  start();
  const std::string topic = fill_topic(std::vector<std::size_t>(40, 900'000));
  const std::size_t before = resident_mebibytes();
  std::vector<RawSocket> readers;
  for (int i = 0; i < 8; i++) {
    readers.push_back(admitted({.receive_buffer = 4096}));
    ASSERT_TRUE(readers.back().send(repeated(fetch_of(topic, 0, 64 << 20), 20)));
  }
  expect_progress();
  expect_resident_below(before + 100);
  // Some go in the middle of it, others stay until the broker stops.
  readers.erase(readers.begin(), readers.begin() + 4);
  expect_progress();
}

// They hold what memory there is for small answers, to the last bytes.
TEST_F(HostileBytes, ReadersThatTakeNoSmallAnswers) {
  start();
  const std::string topic = fill_topic({15'000, 1});
  const std::size_t before = resident_mebibytes();
  std::vector<RawSocket> readers;
  for (int i = 0; i < 12; i++) readers.push_back(admitted({.receive_buffer = 4096}));
  const std::string fetches[] = {repeated(fetch_of(topic, 0, 16'000), 1000),
                                 repeated(fetch_of(topic, 1, 1), 1000)};
  for (int wave = 0; wave < 8; wave++) {
    for (RawSocket& reader : readers) reader.send_some(fetches[wave / 2 % 2]);
    expect_progress();
  }
  expect_resident_below(before + 200);
}

TEST_F(HostileBytes, ClientsThatReadNoAnswersAtAll) {
  start();
  const std::string topic = fill_topic({1});
  make_topic("wide", 100);
  const std::string produces = repeated(produce_of(topic, 0, batch_of(1)), 2000);
  v1::MetadataRequest all;
  all.set_all_topics(true);
  const std::string questions = repeated(raw_frame(v1::API_METADATA, 9, all), 20'000);
  const std::size_t before = resident_mebibytes();
  std::vector<RawSocket> clients;
  for (int i = 0; i < 8; i++) clients.push_back(admitted({.receive_buffer = 4096}));
  for (int wave = 0; wave < 20; wave++) {
    for (std::size_t i = 0; i < clients.size(); i++)
      clients[i].send_some(i % 2 == 0 ? produces : questions);
    if (wave % 5 == 0) expect_progress();
  }
  expect_progress();
  expect_resident_below(before + 200);
}

TEST_F(HostileBytes, AQuestionThatNamesOneTopicAgainAndAgain) {
  start();
  make_topic("w", 100);
  v1::MetadataRequest names;
  for (int i = 0; i < 20'000; i++) names.add_topic_names("w");
  const std::size_t before = resident_mebibytes();
  RawSocket client = admitted({});
  for (const auto api : {v1::API_METADATA, v1::API_DESCRIBE_TOPICS}) {  // Their fields are alike.
    ASSERT_TRUE(client.send(raw_frame(api, 9, names)));
    const auto reply = client.receive();
    ASSERT_TRUE(reply) << to_string(reply.error());
    EXPECT_LT(reply->body.size(), 20'000u);
  }
  expect_progress();
  expect_resident_below(before + 100);
}

TEST_F(HostileBytes, EndsConversationsThatAreNone) {
  struct Case {
    const char* what;
    bool negotiate;
    std::string bytes;
    Errc answer = Errc::none;  // None: it may just close.
  };
  const v1::MetadataRequest ask;
  const Case cases[] = {
      {"a request before Negotiate", false, raw_frame(v1::API_METADATA, 2, ask),
       Errc::not_negotiated},
      {"a second Negotiate", true, raw_negotiate(), Errc::malformed_frame},
      {"an api that there is not", true, raw_frame(777, 2, ask), Errc::unknown_api},
      {"a version that there is not", true, raw_frame(v1::API_METADATA, 2, ask, 99),
       Errc::unsupported_version},
      {"a negative correlation id", true, raw_frame(v1::API_METADATA, -2, ask),
       Errc::malformed_frame},
      {"a body that is none", true,
       raw_length(8) + std::string("\x04\x08\x0a\x18\x05\xff\xff\xff", 8), Errc::malformed_frame},
      {"a length of 0", true, raw_length(0), Errc::malformed_frame},
      {"a negative length", true, raw_length(0xffffffff), Errc::malformed_frame},
      {"the largest length", true, raw_length(0x7fffffff), Errc::frame_too_large},
      {"a header longer than its frame", true, raw_length(3) + "\x7f..", Errc::malformed_frame},
      {"a large frame before Negotiate", false, raw_length(kMiB) + "\x04", Errc::frame_too_large},
      {"HTTP", false, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", Errc::malformed_frame},
      {"TLS", false, std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11),
       Errc::malformed_frame},
  };
  start();
  for (const Case& each : cases) {
    SCOPED_TRACE(each.what);
    auto socket = RawSocket::connect(broker_->port, {.negotiate = each.negotiate});
    ASSERT_TRUE(socket) << to_string(socket.error());
    ASSERT_TRUE(socket->send(each.bytes));
    const auto reply = socket->receive();
    ASSERT_TRUE(reply) << to_string(reply.error());
    EXPECT_EQ(wire::from_proto(reply->header.error()).code, each.answer);
    EXPECT_TRUE(reply->header.closing());
    EXPECT_TRUE(socket->closes());
  }
  expect_progress();
}

TEST_F(HostileBytes, RandomBytes) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  start();
  for (int i = 0; i < 200; i++) {
    auto socket = RawSocket::connect(broker_->port, {.negotiate = i % 2 == 0});
    ASSERT_TRUE(socket) << to_string(socket.error());
    std::string bytes(1 + random() % 5000, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    // Half of them as whole frames, and half of these with a request's header in front.
    if (i % 4 < 2) {
      if (i % 8 < 4) bytes = std::string("\x06\x08\x1f\x10\x01\x18\x05", 7) + bytes;
      bytes = raw_length(static_cast<std::uint32_t>(bytes.size())) + bytes;
    }
    static_cast<void>(socket->send(bytes));  // It may close in the middle.
    if (i % 20 == 0) expect_progress();
  }
  expect_progress();
}

TEST_F(HostileBytes, FramesThatNeverEnd) {
  start();
  const std::size_t before = resident_mebibytes();
  std::vector<RawSocket> silent;
  const auto claim = [&](std::uint32_t length, const std::string& beginning) {
    silent.push_back(admitted({}));
    ASSERT_TRUE(silent.back().send(raw_length(length) + beginning));
  };
  // More than the broker may hold, as far as their lengths are believed.
  for (int i = 0; i < 6; i++) claim(99 * kMiB, "\x06");
  for (int i = 0; i < 20; i++) claim(kMiB, "\x06\x08");
  for (int i = 0; i < 20; i++) claim(70'000, "\x06\x08\x1f");
  for (int i = 0; i < 50; i++) claim(1000, std::string(500, '\x06'));
  for (int i = 0; i < 50; i++) {
    silent.push_back(admitted({}));
    ASSERT_TRUE(silent.back().send(std::string("\0\0", 2)));
  }
  expect_progress();
  expect_resident_below(before + 100);
}

TEST_F(HostileBytes, FramesThatTrickleAreAnswered) {
  start();
  auto socket = RawSocket::connect(broker_->port, {});
  ASSERT_TRUE(socket) << to_string(socket.error());
  for (const char byte : raw_negotiate() + raw_frame(v1::API_METADATA, 2, v1::MetadataRequest()))
    ASSERT_TRUE(socket->send(std::string(1, byte)));
  for (int expected = 1; expected <= 2; expected++) {
    const auto reply = socket->receive();
    ASSERT_TRUE(reply) << to_string(reply.error());
    EXPECT_FALSE(reply->header.has_error());
    EXPECT_EQ(reply->header.correlation_id(), expected);
  }
  expect_progress();
}

}  // namespace
}  // namespace ropewalk::support
