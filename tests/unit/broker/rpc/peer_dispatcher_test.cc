#include "broker/rpc/peer_dispatcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/rpc/peer_hello.h"
#include "common/wire/frame.h"
#include "ropewalk/v1/negotiate.pb.h"
#include "tests/unit/broker/rpc/peer_rig.h"
#include "tests/unit/broker/rpc/raw_peer.h"

namespace ropewalk::rpc {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

struct Answer {
  v1::ResponseHeader header;
  std::string body;
  Errc code() const { return static_cast<Errc>(header.error().code()); }
};

std::string frame(std::int32_t api, std::int64_t id, std::string_view body,
                  std::int32_t version = 1, std::int32_t timeout_ms = 0) {
  v1::RequestHeader header;
  header.set_api_key(api);
  header.set_api_version(version);
  header.set_correlation_id(id);
  header.set_timeout_ms(timeout_ms);
  return std::string(wire::encode_frame_start(header, body.size()).text()) + std::string(body);
}

std::string hello(std::int64_t id = 1) {
  return frame(internal::PEER_HELLO, id,
               hello_to(address_of(2), identity_of(1)).SerializeAsString());
}

// Broker 2, and somebody who sends it whatever a test likes.
class PeerDispatching : public testing::Test {
 protected:
  ~PeerDispatching() override { broker_->stop(); }

  void start(PeerDispatcherOptions options = {}) {
    broker_ =
        std::make_unique<PeerBroker>(world_, node_, identity_of(2), PeerLinkOptions{}, options);
    broker_->listen();
  }
  RawPeer peer() { return RawPeer(world_, caller_, {"b2", kPeerPort}); }
  static Answer read(RawPeer& from) {
    const SharedBytes bytes(from.read());
    const auto decoded = wire::decode_response(bytes);
    EXPECT_TRUE(decoded) << "the connection is closed";
    if (!decoded) return {};
    return {decoded->header, std::string(decoded->body.text())};
  }
  RawPeer greeted() {
    RawPeer made = peer();
    made.send(hello());
    EXPECT_EQ(read(made).code(), Errc::none);
    return made;
  }

  sim::Simulation world_{11};
  sim::Node& node_ = world_.add_node("b2", {.cores = 2});
  sim::Node& caller_ = world_.add_node("b1");
  std::unique_ptr<PeerBroker> broker_;
};

TEST_F(PeerDispatching, AnswersAHelloWithItsOwn) {
  start();
  RawPeer caller = peer();
  caller.send(hello(7));
  const Answer answer = read(caller);
  EXPECT_EQ(answer.header.correlation_id(), 7);
  EXPECT_FALSE(answer.header.has_error());
  EXPECT_EQ(admit_called(as_bytes(answer.body), identity_of(1), address_of(2)), identity_of(2));
}

TEST_F(PeerDispatching, RequestsAreAnsweredAndMessagesAreNot) {
  start();
  RawPeer caller = greeted();
  caller.send(frame(internal::QUORUM_MESSAGE, 0, "one") +
              frame(internal::QUORUM_SNAPSHOT, 5, "two", 1, 700) +
              frame(internal::QUORUM_MESSAGE, 0, "three") + frame(internal::PEER_PING, 6, ""));
  const Answer first = read(caller);
  EXPECT_EQ(first.header.correlation_id(), 5);
  EXPECT_EQ(first.body, "two");
  const Answer second = read(caller);
  EXPECT_EQ(second.header.correlation_id(), 6);
  EXPECT_EQ(second.body, "");
  EXPECT_THAT(broker_->told, ElementsAre("one", "three"));
  EXPECT_THAT(broker_->peers, ElementsAre(identity_of(1), identity_of(1)));
  const auto left = broker_->deadlines.at(0) - broker_->environment().now();
  EXPECT_LE(left, 700ms);
  EXPECT_GT(left, 600ms);
}

TEST_F(PeerDispatching, ClosesOnWhatItCannotServeAndDisturbsNobodyElse) {
  start();
  RawPeer other = greeted();
  PeerIdentity stranger = identity_of(1);
  stranger.cluster = id_of<ClusterId>(8);
  const std::string foreign =
      frame(internal::PEER_HELLO, 5, hello_of(stranger).SerializeAsString());
  const std::string mistaken =
      frame(internal::PEER_HELLO, 5, hello_to(address_of(3), identity_of(1)).SerializeAsString());
  const std::string negotiate =
      frame(v1::API_NEGOTIATE, 5, v1::NegotiateRequest().SerializeAsString());
  const std::tuple<std::string, Errc, bool> cases[] = {
      // First words.
      {foreign, Errc::inconsistent_cluster_id, false},
      {mistaken, Errc::wrong_owner, false},
      {negotiate, Errc::unknown_api, false},
      {frame(v1::API_METADATA, 5, ""), Errc::unknown_api, false},
      {frame(internal::QUORUM_MESSAGE, 0, ""), Errc::not_negotiated, false},
      {frame(internal::PEER_PING, 5, ""), Errc::not_negotiated, false},
      {frame(internal::PEER_HELLO, 5, "\xff\xff"), Errc::malformed_frame, false},
      {frame(internal::PEER_HELLO, 5, "", 2), Errc::unsupported_version, false},
      {framed(std::string(70'000, 'x')).substr(0, 100), Errc::frame_too_large, false},
      // Later ones.
      {hello(), Errc::malformed_frame, true},
      {negotiate, Errc::unknown_api, true},
      {frame(v1::API_PRODUCE, 5, ""), Errc::unknown_api, true},
      {frame(v1::API_FETCH, 5, ""), Errc::unknown_api, true},
      {frame(internal::REPLICA_FETCH, 5, ""), Errc::unknown_api, true},
      {frame(internal::QUORUM_SNAPSHOT, 5, "", 9), Errc::unsupported_version, true},
      {frame(internal::QUORUM_SNAPSHOT, 0, ""), Errc::malformed_frame, true},
      {frame(internal::QUORUM_MESSAGE, 5, ""), Errc::malformed_frame, true},
      {frame(internal::QUORUM_MESSAGE, -1, ""), Errc::malformed_frame, true},
      {std::string(4, '\0'), Errc::malformed_frame, true},
      {std::string("\x7f\x00\x00\x00", 4), Errc::frame_too_large, true},
      {framed("\x05garbage"), Errc::malformed_frame, true},
      {"GET / HTTP/1.1\r\n\r\n", Errc::malformed_frame, true},
  };
  for (const auto& [bytes, code, after_hello] : cases) {
    RawPeer bad = after_hello ? greeted() : peer();
    bad.send(bytes + frame(internal::QUORUM_MESSAGE, 0, "behind it"));
    const Answer answer = read(bad);
    EXPECT_EQ(answer.code(), code) << to_string(answer.code());
    EXPECT_FALSE(answer.header.error().message().empty());
    EXPECT_TRUE(answer.header.closing());
    EXPECT_TRUE(bad.closed());
    other.send(frame(internal::PEER_PING, 9, ""));
    EXPECT_EQ(read(other).header.correlation_id(), 9);
  }
  EXPECT_THAT(broker_->told, ElementsAre());
}

TEST_F(PeerDispatching, AnErrorOfAHandlerEndsItsRequestOnly) {
  start();
  broker_->answer = [](PeerRequest, PeerReply reply) {
    reply(fail(Errc::not_controller, "ask broker 3"));
    reply(SharedBytes("too late"));
  };
  RawPeer caller = greeted();
  caller.send(frame(internal::QUORUM_SNAPSHOT, 5, ""));
  const Answer answer = read(caller);
  EXPECT_EQ(answer.code(), Errc::not_controller);
  EXPECT_TRUE(answer.header.error().retriable());
  EXPECT_FALSE(answer.header.closing());
  caller.send(frame(internal::PEER_PING, 6, ""));
  EXPECT_EQ(read(caller).header.correlation_id(), 6);
}

TEST_F(PeerDispatching, ARequestThatIsGivenUpIsAnsweredNevertheless) {
  start();
  broker_->answer = [](PeerRequest, PeerReply) {};
  RawPeer caller = greeted();
  caller.send(frame(internal::QUORUM_SNAPSHOT, 5, ""));
  EXPECT_EQ(read(caller).code(), Errc::broker_not_available);
}

TEST_F(PeerDispatching, AnswersComeFromWhateverCore) {
  start();
  broker_->answer = [this](PeerRequest request, PeerReply reply) {
    broker_->environment().control_core().post(
        [body = request.body, reply = std::move(reply)]() mutable { reply(body); });
  };
  RawPeer caller = greeted();
  caller.send(frame(internal::QUORUM_SNAPSHOT, 5, "there and back"));
  EXPECT_EQ(read(caller).body, "there and back");
}

TEST_F(PeerDispatching, ReadsNoMoreWhileTooMuchIsUnanswered) {
  start({.unanswered_max = 2});
  std::vector<PeerReply> kept;
  broker_->answer = [&kept](PeerRequest, PeerReply reply) { kept.push_back(std::move(reply)); };
  RawPeer caller = greeted();
  for (int id = 5; id < 8; id++) {
    caller.send(frame(internal::QUORUM_SNAPSHOT, id, ""));
    world_.run_for(10ms);  // Each is read by itself.
  }
  EXPECT_EQ(kept.size(), 2u);
  broker_->here([&kept] { kept.at(0)(SharedBytes("a")); });
  EXPECT_EQ(read(caller).body, "a");
  EXPECT_TRUE(world_.run_until([&kept] { return kept.size() == 3; }, 5s));
  // What came with one read is told so.
  caller.send(frame(internal::QUORUM_SNAPSHOT, 8, ""));
  broker_->here([&kept] {
    kept.at(1)(SharedBytes("b"));
    kept.at(2)(SharedBytes("c"));
  });
  EXPECT_EQ(read(caller).body, "b");
  EXPECT_EQ(read(caller).body, "c");
  EXPECT_TRUE(world_.run_until([&kept] { return kept.size() == 4; }, 5s));
  std::string many;
  for (int id = 9; id < 12; id++) many += frame(internal::QUORUM_SNAPSHOT, id, "");
  world_.network().short_read = 0;
  caller.send(many);
  EXPECT_EQ(read(caller).code(), Errc::budget_exceeded);
  EXPECT_EQ(read(caller).code(), Errc::budget_exceeded);
  broker_->here([&kept] { kept.clear(); });
}

TEST_F(PeerDispatching, AnAnswerToAConnectionThatIsGoneGoesNowhere) {
  start();
  std::optional<PeerReply> kept;
  broker_->answer = [&kept](PeerRequest, PeerReply reply) { kept.emplace(std::move(reply)); };
  {
    RawPeer caller = greeted();
    caller.send(frame(internal::QUORUM_SNAPSHOT, 5, ""));
    ASSERT_TRUE(world_.run_until([&kept] { return kept.has_value(); }, 5s));
    caller.close();
  }
  ASSERT_TRUE(world_.run_until([this] { return broker_->server->connections() == 0; }, 5s));
  broker_->here([&kept] { (*kept)(SharedBytes("late")); });
  world_.run_for(1s);
}

TEST_F(PeerDispatching, ServesNothingOnceItHasStopped) {
  start();
  std::optional<PeerReply> kept;
  broker_->answer = [&kept](PeerRequest, PeerReply reply) { kept.emplace(std::move(reply)); };
  RawPeer caller = greeted();
  caller.send(frame(internal::QUORUM_SNAPSHOT, 5, ""));
  ASSERT_TRUE(world_.run_until([&kept] { return kept.has_value(); }, 5s));
  world_.run(broker_->core(), broker_->dispatcher.stop());
  broker_->here([&kept] { (*kept)(SharedBytes("late")); });
  world_.run_for(1s);
  caller.send(frame(internal::QUORUM_MESSAGE, 0, "late"));
  EXPECT_EQ(read(caller).code(), Errc::shutting_down);
  EXPECT_TRUE(caller.closed());
  EXPECT_THAT(broker_->told, ElementsAre());
}

}  // namespace
}  // namespace ropewalk::rpc
