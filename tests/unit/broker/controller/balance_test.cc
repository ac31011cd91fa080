// Leaderships go back to the first replicas by themselves.
#include "tests/unit/broker/controller/controller_fixture.h"

namespace ropewalk::controller {
namespace {

using std::chrono::seconds;

const BrokerId kOne(1), kTwo(2), kThree(3);

// 12 partitions, of which each of three brokers is to lead 4; balanced every minute.
class BalanceTest : public ControllerTest {
 protected:
  BalanceTest() {
    for (std::int32_t id = 1; id <= 3; id++) register_and_unfence(id);
    create("orders", 12, 3);
    ControllerOptions options;
    options.cluster = kCluster;
    options.session = seconds(1000);
    options.balance_every = seconds(60);
    options.draw_id = [this] { return Uuid(id_of<TopicId>(next_topic_++)); };
    controller_.emplace(options, *image_, now_);
  }
  void restarts(BrokerId id) {
    const auto epoch = image_->broker(id)->epoch;
    decide(BrokerHeartbeat{id, epoch, image_->offset(), true});
    decide(BrokerHeartbeat{id, epoch, image_->offset()});
  }
  // All replicas of all partitions but the last `but` ones.
  void all_are_in_sync(std::int32_t but = 0) {
    for (std::int32_t i = 0; i < 12 - but; i++) {
      InSyncChange wanted;
      wanted.partition = {image_->topic("orders")->id, i};
      wanted.leader_epoch = partition("orders", i).leader_epoch;
      wanted.partition_epoch = partition("orders", i).partition_epoch;
      for (const BrokerId id : {kOne, kTwo, kThree})
        wanted.in_sync.push_back({id, image_->broker(id)->incarnation});
      const BrokerId leader = partition("orders", i).leader;
      ASSERT_EQ(code(decide(AlterInSync{leader, image_->broker(leader)->epoch, {wanted}})),
                Errc::none);
    }
  }
  void passes(Controller::Time::duration time) {
    now_ += time;
    Batch batch(image_, next());
    controller_->expire(batch, now_);
    commit(batch);
  }
  int leads(BrokerId id) {
    int count = 0;
    for (std::int32_t i = 0; i < 12; i++) count += partition("orders", i).leader == id ? 1 : 0;
    return count;
  }
};

TEST_F(BalanceTest, WhoIsBackLeadsAgainOnceInSync) {
  restarts(kTwo);
  ASSERT_EQ(leads(kTwo), 0);
  EXPECT_EQ(controller_->next_expiry(), now_ + seconds(60));
  passes(seconds(60));
  EXPECT_EQ(leads(kTwo), 0) << "it is not in sync";
  all_are_in_sync();
  passes(seconds(59));
  EXPECT_EQ(leads(kTwo), 0);
  passes(seconds(1));
  EXPECT_EQ(leads(kTwo), 4);
  EXPECT_EQ(leads(kOne), 4);
  passes(seconds(60));
  EXPECT_TRUE(last_records_.empty());
}

TEST_F(BalanceTest, WhoeverMayLeadDoes) {
  restarts(kTwo);
  all_are_in_sync(6);
  passes(seconds(60));
  EXPECT_EQ(leads(kTwo), 2);
}

TEST_F(BalanceTest, ALittleImbalanceStays) {
  create("large", 40, 3);
  const auto& large = partition("large", 0);
  const BrokerId first = large.replicas[0];
  Batch batch(image_, next());
  PartitionChangeRecord moved;
  moved.topic = image_->topic("large")->id;
  moved.index = PartitionId(0);
  moved.leader = large.replicas[1];
  batch.add(moved);
  commit(batch);
  passes(seconds(60));
  EXPECT_NE(partition("large", 0).leader, first) << "1 of 17 or 18";
}

}  // namespace
}  // namespace ropewalk::controller
