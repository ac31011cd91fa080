// Who keeps the metadata is changed while everything goes on.
#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/testing/sim_cluster.h"
#include "ropewalk/admin.h"
#include "ropewalk/consumer.h"
#include "ropewalk/producer.h"

namespace ropewalk::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class Voters : public ::testing::Test {
 protected:
  explicit Voters(std::size_t voters = 3, std::size_t brokers = 3)
      : cluster_({.brokers = brokers, .voters = voters, .seed = sim::seed_from_environment(11)}) {}
  void SetUp() override {
    const auto started = cluster_.start_all();
    ASSERT_TRUE(started) << to_string(started.error());
  }
  std::vector<int> voters() {
    const auto quorum = admin_.metadata_quorum();
    EXPECT_TRUE(quorum) << to_string(quorum.error());
    std::vector<int> ids;
    if (quorum)
      for (const MetadataReplica& replica : quorum->replicas)
        if (replica.votes) ids.push_back(replica.broker_id);
    return ids;
  }
  void change(const VoterChange& wanted) {
    const auto changed = admin_.change_voters(wanted);
    ASSERT_TRUE(changed) << to_string(changed.error());
  }
  void add(int broker) { change({.remove = {}, .add = VoterName{broker}}); }
  void remove(int broker) { change({.remove = VoterName{broker}, .add = {}}); }
  void create(const std::string& name) {
    const auto created = admin_.create_topic({.name = name, .partitions = 3});
    ASSERT_TRUE(created) << to_string(created.error());
  }
  std::size_t wait_for_controller() {
    EXPECT_TRUE(cluster_.world().run_until([&] { return cluster_.controller().has_value(); }, 30s));
    return cluster_.controller().value_or(0);
  }

  SimCluster cluster_;
  Admin admin_{cluster_.client()};
};
class OneVoter : public Voters {
 protected:
  OneVoter() : Voters(1) {}
};

// No record waits for it, and afterwards the first broker may be lost.
TEST_F(OneVoter, GrowsToThreeUnderLoadAndLosesItsFirst) {
  create("orders");
  Producer producer(cluster_.client(), {.delivery_timeout = 30s});
  std::vector<Delivery> deliveries;
  const auto send_some = [&] {
    for (int i = 0; i < 50; i++)
      deliveries.push_back(producer.send({.topic = "orders", .value = std::to_string(i)}));
  };
  send_some();
  add(2);
  send_some();
  add(3);
  send_some();
  EXPECT_THAT(voters(), ElementsAre(1, 2, 3));
  for (Delivery& delivery : deliveries) {
    const auto delivered = delivery.wait();
    ASSERT_TRUE(delivered) << to_string(delivered.error());
  }
  cluster_.power_cut(0);
  ASSERT_TRUE(cluster_.world().run_until(
      [&] { return cluster_.controller().has_value() && cluster_.controller() != 0u; }, 30s));
  ASSERT_TRUE(admin_.list_topics());  // The client finds that nobody answers there.
  create("after");
  const auto late = producer.send({.topic = "orders", .value = "late"}).wait();
  EXPECT_TRUE(late) << to_string(late.error());
  const auto back = cluster_.start(0);
  EXPECT_TRUE(back) << to_string(back.error());
}

TEST_F(Voters, ALostDiskIsReplacedAndVotesAgain) {
  create("before");
  const std::size_t controller = wait_for_controller();
  const std::size_t lost = (controller + 1) % 3;
  const std::size_t other = (controller + 2) % 3;
  const int lost_id = static_cast<int>(lost) + 1;
  cluster_.kill(lost);
  cluster_.lose_disk(lost);
  ASSERT_TRUE(cluster_.start(lost));
  // It only follows: what it promised is forgotten.
  auto quorum = admin_.metadata_quorum();
  ASSERT_TRUE(quorum) << to_string(quorum.error());
  EXPECT_THAT(quorum->warning, HasSubstr("back with another disk"));
  ASSERT_NO_FATAL_FAILURE(change({.remove = VoterName{lost_id}, .add = VoterName{lost_id}}));
  EXPECT_THAT(voters(), ElementsAre(1, 2, 3));
  // Its vote counts.
  cluster_.kill(other);
  ASSERT_TRUE(admin_.list_topics());  // A change that was under way there would be left open.
  create("after");
  const auto topics = admin_.list_topics();
  ASSERT_TRUE(topics) << to_string(topics.error());
  EXPECT_EQ(topics->size(), 2u);
}

// Nobody waits for it or its vote any more, and it disturbs nobody.
TEST_F(Voters, TheControllerIsRemovedAndVotesNoMore) {
  const std::size_t removed = wait_for_controller();
  ASSERT_NO_FATAL_FAILURE(remove(static_cast<int>(removed) + 1));
  EXPECT_EQ(voters().size(), 2u);
  ASSERT_NE(wait_for_controller(), removed);
  const auto before = admin_.metadata_quorum();
  cluster_.world().run_for(20s);
  const auto after = admin_.metadata_quorum();
  ASSERT_TRUE(before && after);
  EXPECT_EQ(before->term, after->term);
  // Without one of the two that vote nothing is decided, though two of three brokers live.
  const std::size_t leader = wait_for_controller();
  const std::size_t other = 3 - leader - removed;
  cluster_.kill(other);
  EXPECT_FALSE(admin_.create_topic({.name = "refused"}));
  ASSERT_TRUE(cluster_.start(other));
  create("taken");
}

TEST_F(Voters, AreNotChangedToTooFew) {
  const std::size_t controller = wait_for_controller();
  const std::size_t dead = (controller + 1) % 3;
  const std::size_t other = (controller + 2) % 3;
  cluster_.kill(dead);
  cluster_.world().run_for(3s);
  const auto refused =
      admin_.change_voters({.remove = VoterName{static_cast<int>(other) + 1}, .add = {}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::policy_violation);
  ASSERT_NO_FATAL_FAILURE(remove(static_cast<int>(dead) + 1));
}

// Where five vote there is never a sixth: its own vote goes first, so that it could not give it on.
class FiveVoters : public Voters {
 protected:
  FiveVoters() : Voters(5, 6) {}
};
TEST_F(FiveVoters, TheControllerGivesItsVoteToAnother) {
  const int controller = static_cast<int>(wait_for_controller()) + 1;
  ASSERT_NO_FATAL_FAILURE(change({.remove = VoterName{controller}, .add = VoterName{6}}));
  const auto now = voters();
  EXPECT_EQ(now.size(), 5u);
  EXPECT_THAT(now, Not(Contains(controller)));
  EXPECT_THAT(now, Contains(6));
}

TEST_F(OneVoter, WhoVotesIsNotForgotten) {
  add(2);
  add(3);
  cluster_.kill(2);
  cluster_.world().run_for(10s);
  const auto refused = admin_.unregister_broker(3);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::policy_violation);
  EXPECT_THAT(refused.error().context, HasSubstr("votes"));
  remove(3);
  const auto gone = admin_.unregister_broker(3);
  EXPECT_TRUE(gone) << to_string(gone.error());
}

}  // namespace
}  // namespace ropewalk::testing
