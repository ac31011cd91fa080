// A follower cuts its log and leads afterwards: retries of what is left are still known (R9).
#include <gtest/gtest.h>

#include "tests/unit/broker/replication/replica_rig.h"

namespace ropewalk::replication {
namespace {

// Who would ask the leader: here the test answers.
class Wants final : public FollowSink {
 public:
  std::optional<Want> last;
  void wants(const std::shared_ptr<Partition>&, Want want) override { last = std::move(want); }
  void progressed(const TopicPartition&, const Progressed&) override {}
};

class ProducersAfterCut : public ::testing::Test {
 protected:
  void SetUp() override { rig_.lead(LeaderEpoch(1)); }

  void produce(TestBatch batch, std::int64_t expected) {
    const auto stored = rig_.produce_one(batch);
    ASSERT_TRUE(stored) << to_string(stored.error());
    EXPECT_EQ(stored->base_offset, Offset(expected));
  }
  // Another broker leads in epoch 2, elected uncleanly; its epoch 1 ends at `end`.
  void cut_at(std::int64_t end) {
    const auto feed = std::make_shared<Wants>();
    FollowRole role;
    role.following = {.self = BrokerId(1),
                      .leader = BrokerId(2),
                      .leader_epoch = LeaderEpoch(2),
                      .last_unclean_epoch = LeaderEpoch(2)};
    role.feed = feed;
    role.feed_core = &rig_.core();
    const auto partition = rig_.partition();
    rig_.on_core([&] { partition->follow(role); });
    ASSERT_TRUE(rig_.until([&] { return feed->last && feed->last->request; }));
    ReceivedNews news;
    news.news.id = rig_.id;
    news.news.leader_epoch = LeaderEpoch(2);
    news.news.epoch_end = EpochEnd{LeaderEpoch(1), Offset(end)};
    rig_.on_core([&] { partition->fetched(feed->last->number, std::move(news)); });
    ASSERT_TRUE(rig_.until([&] {
      return feed->last && feed->last->request &&
             std::holds_alternative<FetchFrom>(*feed->last->request);
    }));
    EXPECT_EQ(std::get<FetchFrom>(*feed->last->request).from, Offset(end));
    rig_.lead(LeaderEpoch(3));
  }

  ReplicaRig rig_{1};
};

TEST_F(ProducersAfterCut, KnowsWhatIsLeftOfMoreThanItRemembers) {
  for (int i = 0; i < 9; i++) produce({.producer = 7, .sequence = i}, i);
  cut_at(3);
  produce({.producer = 7, .sequence = 1}, 1);
  EXPECT_EQ(rig_.produce_one({.producer = 7, .sequence = 5}).error().code,
            Errc::out_of_order_sequence_number);
  produce({.producer = 7, .sequence = 3}, 3);
}

TEST_F(ProducersAfterCut, KnowsTheEpochBefore) {
  produce({.producer = 7, .sequence = 0}, 0);
  produce({.producer = 7, .epoch = 1, .sequence = 0}, 1);
  cut_at(1);
  produce({.producer = 7, .sequence = 0}, 0);
}

// Above a checkpoint the log alone does not say what there was.
TEST_F(ProducersAfterCut, ReadsTheCheckpointToo) {
  for (int i = 0; i < 4; i++) produce({.producer = 7, .sequence = i}, i);
  ASSERT_TRUE(rig_.world.run(rig_.core(), rig_.partition()->close()));
  rig_.kill();
  rig_.epoch = LeaderEpoch(0);
  rig_.restart();
  for (int i = 4; i < 12; i++) produce({.producer = 7, .sequence = i}, i);
  cut_at(5);
  produce({.producer = 7, .sequence = 3}, 3);
  produce({.producer = 7, .sequence = 5}, 5);
}

}  // namespace
}  // namespace ropewalk::replication
