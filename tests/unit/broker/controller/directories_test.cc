#include <algorithm>

#include "tests/unit/broker/controller/controller_fixture.h"

namespace ropewalk::controller {
namespace {

TEST_F(ControllerTest, ReplicaWithoutItsDirectoryIsOut) {
  for (std::int32_t id = 1; id <= 2; id++) register_and_unfence(id);
  create("orders", 1, 2);
  now_ += milliseconds(5000);
  decide(registration(2, 9, {id_of<DirectoryId>(88)}));
  EXPECT_THAT(partition("orders").in_sync, ElementsAre(BrokerId(1)));
  EXPECT_TRUE(partition("orders").eligible.empty());
}

// R11: the broker goes on without the directory, whose replicas nobody is asked for any more.
TEST_F(ControllerTest, ReplicasInADirectoryThatHasFailedAreOut) {
  const auto first = id_of<DirectoryId>(1);
  const auto second = id_of<DirectoryId>(12);
  const BrokerId self(1);
  decide(registration(1, 1, {first, second}));
  const auto epoch = image_->broker(self)->epoch;
  decide(BrokerHeartbeat{self, epoch, image_->offset()});
  create("alone", 2);
  const auto directory_of = [&](std::int32_t index) {
    return partition("alone", index).directories.front();
  };
  const std::int32_t lost = directory_of(0) == second ? 0 : 1;
  ASSERT_NE(directory_of(0), directory_of(1));
  register_and_unfence(2);
  create("shared", 1, 2);

  BrokerHeartbeat beat{self, epoch, image_->offset()};
  beat.failed_directories = {second};
  decide(beat);
  EXPECT_TRUE(std::holds_alternative<BrokerRegistrationChangeRecord>(last_records_.back()));
  EXPECT_THAT(image_->broker(self)->directories, ElementsAre(first));
  EXPECT_FALSE(image_->broker(self)->fenced);
  EXPECT_EQ(partition("alone", lost).leader, kNoBroker);
  EXPECT_THAT(partition("alone", lost).in_sync, ElementsAre(self)) << "it is all there is";
  EXPECT_EQ(partition("alone", 1 - lost).leader, self);
  const auto& shared = partition("shared");
  const auto at = std::find(shared.replicas.begin(), shared.replicas.end(), self);
  if (shared.directories[static_cast<std::size_t>(at - shared.replicas.begin())] == second) {
    EXPECT_THAT(shared.in_sync, ElementsAre(BrokerId(2)));
    EXPECT_TRUE(shared.eligible.empty());
    EXPECT_EQ(shared.leader, BrokerId(2));
  } else {
    EXPECT_EQ(shared.in_sync.size(), 2u);
  }
  decide(beat);
  EXPECT_TRUE(last_records_.empty()) << "it is told again and again";
  // Not by being let in again either, and nothing new gets there.
  decide(BrokerHeartbeat{self, epoch, image_->offset(), true});
  decide(beat);
  EXPECT_FALSE(image_->broker(self)->fenced);
  EXPECT_EQ(partition("alone", lost).leader, kNoBroker);
  create("later", 10, 2);
  for (std::int32_t i = 0; i < 10; i++)
    EXPECT_EQ(std::ranges::count(partition("later", i).directories, second), 0);
  // A new life may have repaired it.
  decide(registration(1, 2, {first, second}));
  const auto next_epoch = image_->broker(self)->epoch;
  decide(BrokerHeartbeat{self, next_epoch, image_->offset()});
  EXPECT_EQ(partition("alone", lost).leader, self);
}

}  // namespace
}  // namespace ropewalk::controller
