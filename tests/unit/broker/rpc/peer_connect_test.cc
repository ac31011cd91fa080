// Connections that nobody has anything to say on yet: whether somebody is there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/broker/rpc/peer_rig.h"

namespace ropewalk::rpc {
namespace {

using namespace std::chrono_literals;

class PeerConnecting : public testing::Test {
 protected:
  ~PeerConnecting() override {
    if (two_ && node_two_.alive()) two_->stop();
    one_.stop();
  }
  void connect() {
    one_.here([this] { one_.links->connect(address_of(2)); });
  }

  sim::Simulation world_{sim::seed_from_environment(5)};
  sim::Node& node_one_ = world_.add_node("b1");
  sim::Node& node_two_ = world_.add_node("b2");
  PeerBroker one_{world_, node_one_, identity_of(1)};
  std::unique_ptr<PeerBroker> two_;
};

TEST_F(PeerConnecting, MakesOneConnectionAndKeepsIt) {
  two_ = std::make_unique<PeerBroker>(world_, node_two_, identity_of(2));
  two_->listen();
  connect();
  ASSERT_TRUE(world_.run_until([&] { return !one_.met.empty(); }, 5s));
  connect();
  world_.run_for(60s);
  EXPECT_EQ(one_.links->counts().connected, 1u);
  node_two_.kill();
  EXPECT_TRUE(world_.run_until([&] { return !one_.refused.empty(); }, 5s));
}

TEST_F(PeerConnecting, TellsOnceOfWhoIsNotThere) {
  connect();
  ASSERT_TRUE(world_.run_until([&] { return !one_.refused.empty(); }, 5s));
  world_.run_for(60s);
  EXPECT_EQ(one_.links->counts().refused, 1u);
}

// A process that dies closes one socket after the other: its listener may still take a connection
// that is reset at once. How far that comes is a matter of microseconds.
class PeerConnectingToTheDying : public PeerConnecting, public testing::WithParamInterface<int> {
 protected:
  void start_two(std::uint8_t life) {
    two_ = std::make_unique<PeerBroker>(world_, node_two_, identity_of(2, life));
    two_->listen();
  }
};

TEST_P(PeerConnectingToTheDying, IsToldOfItAllTheSame) {
  start_two(1);
  connect();
  ASSERT_TRUE(world_.run_until([&] { return !one_.met.empty(); }, 5s));
  world_.run_for(60s);
  node_two_.kill();
  start_two(/*life=*/2);
  world_.run_for(GetParam() * 20us);
  node_two_.kill();
  const sim::Duration died = world_.now();
  EXPECT_TRUE(world_.run_until([&] { return !one_.refused.empty(); }, 5s));
  EXPECT_LE(one_.refused_at - died, 120ms);
}

INSTANTIATE_TEST_SUITE_P(AtAnyMoment, PeerConnectingToTheDying, testing::Range(0, 60));

}  // namespace
}  // namespace ropewalk::rpc
