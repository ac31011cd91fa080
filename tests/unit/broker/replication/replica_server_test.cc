// What a leader says to followers that ask what they may not.
#include "broker/replication/replica_server.h"

#include <gtest/gtest.h>

#include "tests/unit/broker/rpc/peer_rig.h"

namespace ropewalk::replication {
namespace {

using namespace std::chrono_literals;

// Broker 2 serves, broker 1 asks; there is no partition.
class ReplicaServing : public ::testing::Test {
 protected:
  ReplicaServing() {
    server_.register_at(leader_.dispatcher);
    leader_.listen();
  }
  ~ReplicaServing() override {
    world_.run(follower_.core(), follower_.links->stop());
    world_.run(follower_.core(), follower_.dispatcher.stop());
    leader_.stop();
  }
  Result<SharedBytes> fetch(std::uint64_t session, std::uint32_t sequence) {
    ReplicaFetch wanted;
    wanted.session = session;
    wanted.sequence = sequence;
    wanted.wait_max = 10ms;
    wanted.bytes_max = 1 << 20;
    return world_.run(
        follower_.core(),
        follower_.links->call(rpc::address_of(2), internal::REPLICA_FETCH, encode_fetch(wanted),
                              follower_.environment().now() + 5s));
  }

  sim::Simulation world_{5};
  sim::Node& leader_node_ = world_.add_node("b2");
  sim::Node& follower_node_ = world_.add_node("b1");
  rpc::PeerBroker leader_{world_, leader_node_, rpc::identity_of(2)};
  rpc::PeerBroker follower_{world_, follower_node_, rpc::identity_of(1)};
  PartitionTable partitions_{leader_.environment()};
  ReplicaServer server_{leader_.environment(), partitions_,
                        std::make_shared<ReplicationMetrics>(leader_.environment())};
};

// A follower of this broker's life before goes on with a session that this life does not have.
TEST_F(ReplicaServing, RefusesASessionThatItDoesNotHave) {
  const auto refused = fetch(7, 3);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::invalid_fetch_session_epoch);
  world_.run_for(60s);  // Idle sessions are ended meanwhile.
  EXPECT_TRUE(fetch(8, 0));
  EXPECT_FALSE(fetch(9, 1));
  EXPECT_TRUE(fetch(8, 1)) << "the session that was there goes on";
  world_.run(leader_.core(), server_.stop());
}

TEST_F(ReplicaServing, EndsWhenNobodyEverHadASession) {
  EXPECT_FALSE(fetch(7, 3));
  world_.run(leader_.core(), server_.stop());
}

}  // namespace
}  // namespace ropewalk::replication
