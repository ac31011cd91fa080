#include "broker/controller/homes.h"

#include <algorithm>

#include "tests/unit/broker/controller/controller_fixture.h"

namespace ropewalk::controller {
namespace {

const auto kOld = id_of<DirectoryId>(2);  // Of broker 2.
const auto kNew = id_of<DirectoryId>(88);

class HomesTest : public ControllerTest {
 protected:
  // Broker 2 comes back with another disk; whether all of those that it is set to have work.
  void replace_disk(bool all_directories = true) {
    now_ += milliseconds(60'000);
    auto event = registration(2, ++life_, {kNew});
    event.broker.all_directories = all_directories;
    auto items = decide(event);
    epoch_ = std::get<BrokerRegistered>(*items[0]).epoch;
  }
  void let_in() { decide(BrokerHeartbeat{BrokerId(2), epoch_, image_->offset()}); }
  DirectoryId home_of_second(const std::string& topic) {
    const auto& of = partition(topic);
    const auto at = std::ranges::find(of.replicas, BrokerId(2)) - of.replicas.begin();
    return of.directories.at(static_cast<std::size_t>(at));
  }
  TopicPartition id(const std::string& topic) { return {image_->topic(topic)->id, 0}; }

  std::uint8_t life_ = 10;
  BrokerEpoch epoch_;
};

TEST_F(HomesTest, ANewDiskIsFilledByTheLeader) {
  for (std::int32_t broker = 1; broker <= 2; broker++) register_and_unfence(broker);
  create("orders", 1, 2);
  ASSERT_EQ(home_of_second("orders"), kOld);
  replace_disk();
  EXPECT_EQ(home_of_second("orders"), kNew);
  EXPECT_EQ(partition("orders").leader, BrokerId(1));
  EXPECT_THAT(partition("orders").in_sync, ElementsAre(BrokerId(1)));
  EXPECT_TRUE(partition("orders").eligible.empty());
  let_in();
  EXPECT_TRUE(last_records_.size() == 1) << "nothing moves twice";
}

// The missing one may be among those that cannot be used now.
TEST_F(HomesTest, WhoLacksADirectoryKeepsItsPlaces) {
  for (std::int32_t broker = 1; broker <= 2; broker++) register_and_unfence(broker);
  create("orders", 1, 2);
  replace_disk(false);
  let_in();
  EXPECT_EQ(home_of_second("orders"), kOld);
}

TEST_F(HomesTest, TheLastCopyKeepsItsPlaceUntilItIsGivenUp) {
  register_and_unfence(2);
  create("alone");
  replace_disk();
  let_in();
  EXPECT_EQ(home_of_second("alone"), kOld) << "the disk may be found again";
  EXPECT_EQ(partition("alone").leader, kNoBroker);
  EXPECT_EQ(code(decide(ElectLeaders{ElectionKind::unclean, {id("alone")}})), Errc::none);
  EXPECT_EQ(home_of_second("alone"), kNew);
  EXPECT_EQ(partition("alone").leader, BrokerId(2));
  EXPECT_THAT(partition("alone").in_sync, ElementsAre(BrokerId(2)));
}

// Allowed without a word of the operator's, it would be empty all the same.
TEST_F(HomesTest, ATopicThatAllowsUncleanElectionsDoesNotBeginEmpty) {
  register_and_unfence(2);
  create("alone", 1, 1, {{"unclean.leader.election.enable", "true"}});
  replace_disk();
  let_in();
  EXPECT_EQ(home_of_second("alone"), kOld);
  EXPECT_EQ(partition("alone").leader, kNoBroker);
}

TEST_F(HomesTest, ItMovesOnceAnotherLeads) {
  const BrokerEpoch first = register_and_unfence(1);
  register_and_unfence(2);
  create("orders", 1, 2, {{"min.insync.replicas", "2"}});
  decide(BrokerHeartbeat{BrokerId(1), first, image_->offset(), true});  // Goes, and misses nothing.
  ASSERT_EQ(partition("orders").leader, BrokerId(2));
  replace_disk();
  if (partition("orders").leader == kNoBroker) {
    EXPECT_EQ(home_of_second("orders"), kOld);
    register_and_unfence(1, 2);
  }
  ASSERT_EQ(partition("orders").leader, BrokerId(1));
  EXPECT_EQ(home_of_second("orders"), kNew);
  const auto& known = partition("orders").last_known_eligible;
  const auto at = std::ranges::find(known, BrokerId(2));
  if (at != known.end())
    EXPECT_TRUE(
        partition("orders").last_known_ends[static_cast<std::size_t>(at - known.begin())].damaged);
}

}  // namespace
}  // namespace ropewalk::controller
