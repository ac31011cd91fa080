// Who may be made a voter, and who may go, from what is known of all.
#include "broker/node/voter_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/ids.h"

namespace ropewalk::node {
namespace {

using metadata::ChangeVoters;
using metadata::VoterName;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

DirectoryId directory_of(int broker) {
  return id_of<DirectoryId>(static_cast<std::uint8_t>(broker));
}
// After the first disk was lost.
DirectoryId second_of(int broker) { return directory_of(broker + 100); }

class VoterPlan : public ::testing::Test {
 protected:
  // Broker 1 leads; those named vote.
  explicit VoterPlan(std::vector<int> voters = {1, 2, 3}) {
    look_.log_end = Offset(50);
    for (const int id : voters) {
      register_broker(id, directory_of(id));
      add_member(id, directory_of(id)).votes = true;
    }
  }
  void register_broker(int id, DirectoryId directory, bool names_voters = true) {
    metadata::BrokerRegistration broker;
    broker.id = BrokerId(id);
    broker.incarnation = id_of<IncarnationId>(1);
    broker.directories = {directory};
    broker.listeners = {{"broker", "host-" + std::to_string(id), 9193}};
    broker.names_voters = names_voters;
    metadata::ImageEditor editor(image_, image_->offset() + 1);
    ASSERT_TRUE(editor.apply(metadata::RegisterBrokerRecord{broker}));
    image_ = editor.finish();
  }
  void unfence(int id) {
    metadata::ImageEditor editor(image_, image_->offset() + 1);
    ASSERT_TRUE(editor.apply(metadata::BrokerRegistrationChangeRecord{
        BrokerId(id), image_->broker(BrokerId(id))->epoch, false, {}, {}}));
    image_ = editor.finish();
  }
  quorum::QuorumMember& add_member(int id, DirectoryId directory) {
    quorum::QuorumMember& member = look_.members.emplace_back();
    member.replica = {BrokerId(id), directory, {"old-address", 1}};
    member.alive = true;
    member.caught_up = true;
    member.log_end = Offset(50);
    return member;
  }
  void add_observer(int id) {
    register_broker(id, directory_of(id));
    add_member(id, directory_of(id));
  }
  void lose(int id) {
    for (quorum::QuorumMember& member : look_.members)
      if (member.replica.id == BrokerId(id)) member.alive = false;
  }
  static VoterName name(int id, DirectoryId directory = {}) { return {BrokerId(id), directory}; }

  // "1 2 3" for each step; else the error.
  std::vector<std::string> plan(const ChangeVoters& change) {
    auto steps = plan_voters(*image_, look_, change);
    if (!steps) {
      error_ = steps.error();
      return {to_string(steps.error().code)};
    }
    std::vector<std::string> shown;
    for (const quorum::Voters& voters : *steps) {
      std::vector<std::string> ids;
      for (const quorum::Voter& voter : voters)
        ids.push_back(fmt::format("{}{}", voter.id,
                                  voter.directory == directory_of(voter.id.value()) ? "" : "'"));
      std::ranges::sort(ids);
      shown.push_back(fmt::format("{}", fmt::join(ids, " ")));
    }
    last_ = steps->back();
    return shown;
  }
  std::vector<std::string> add(int id) { return plan({std::nullopt, name(id)}); }
  std::vector<std::string> remove(int id) { return plan({name(id), std::nullopt}); }
  std::vector<std::string> replace(int id, int by) { return plan({name(id), name(by)}); }

  metadata::ImagePtr image_ = std::make_shared<const metadata::Image>();
  quorum::QuorumLook look_;
  Error error_;
  quorum::Voters last_;
};
class VoterPlanOfOne : public VoterPlan {
 protected:
  VoterPlanOfOne() : VoterPlan({1}) {}
};
class VoterPlanOfFive : public VoterPlan {
 protected:
  VoterPlanOfFive() : VoterPlan({1, 2, 3, 4, 5}) {}
};

TEST_F(VoterPlanOfOne, GrowsByOneThatHasEverything) {
  add_observer(2);
  EXPECT_THAT(add(2), ElementsAre("1 2"));
  // As they have registered, which is where everybody finds them.
  EXPECT_EQ(last_.at(0).endpoint.to_string(), "host-1:9193");
  EXPECT_EQ(last_.at(1).endpoint.to_string(), "host-2:9193");
  look_.members.back().caught_up = false;
  EXPECT_THAT(add(2), ElementsAre("not_enough_replicas"));
  EXPECT_THAT(add(3), ElementsAre("not_found"));
}

// An empty disk and no quorum_voters would be a new cluster under an address that others know.
TEST_F(VoterPlanOfOne, GrowsNotWhileAVoterRunsWithoutQuorumVoters) {
  add_observer(2);
  register_broker(1, directory_of(1), false);
  EXPECT_THAT(add(2), ElementsAre("policy_violation"));
  EXPECT_THAT(error_.context, HasSubstr("broker 1 votes"));
  register_broker(1, directory_of(1), true);
  register_broker(2, directory_of(2), false);
  EXPECT_THAT(add(2), ElementsAre("policy_violation"));
  EXPECT_THAT(error_.context, HasSubstr("broker 2 is to vote"));
}

TEST_F(VoterPlanOfOne, TheLastVoterStays) {
  EXPECT_THAT(remove(1), ElementsAre("policy_violation"));
  EXPECT_THAT(remove(2), ElementsAre("not_found"));
  EXPECT_THAT(plan({}), ElementsAre("invalid_request"));
}

TEST_F(VoterPlanOfOne, IsReplacedByAnotherOverTwo) {
  add_observer(2);
  EXPECT_THAT(replace(1, 2), ElementsAre("1 2", "2"));
}

TEST_F(VoterPlan, ALostDiskGivesItsPlaceToTheNewOne) {
  lose(3);
  register_broker(3, second_of(3));
  add_member(3, second_of(3));
  EXPECT_THAT(add(3), ElementsAre("already_exists"));
  EXPECT_THAT(replace(3, 3), ElementsAre("1 2", "1 2 3'"));
}

// A new leader knows only of those who have asked it.
TEST_F(VoterPlan, WhoLivesAndIsNotHeardOfYetIsWaitedFor) {
  register_broker(4, directory_of(4));
  EXPECT_THAT(add(4), ElementsAre("not_found"));
  unfence(4);
  EXPECT_THAT(add(4), ElementsAre("not_enough_replicas"));
  EXPECT_THAT(plan({std::nullopt, name(4, second_of(4))}), ElementsAre("not_found"));
}

TEST_F(VoterPlan, WhoHasLostNothingIsNotReplacedByItself) {
  unfence(3);
  EXPECT_THAT(replace(3, 3), ElementsAre("already_exists"));
}

// Of several that follow, the one that lives: the others are what it was before.
TEST_F(VoterPlan, TakesTheDirectoryThatIsRegistered) {
  lose(3);
  add_member(3, id_of<DirectoryId>(99));
  register_broker(3, second_of(3));
  add_member(3, second_of(3));
  EXPECT_THAT(replace(3, 3), ElementsAre("1 2", "1 2 3'"));
  EXPECT_EQ(last_.back().directory, second_of(3));
}

TEST_F(VoterPlan, RefusesWhatWouldLeaveTooFew) {
  lose(3);
  EXPECT_THAT(remove(2), ElementsAre("policy_violation"));
  EXPECT_THAT(error_.context, HasSubstr("1 are heard of, and 2 are needed"));
  EXPECT_THAT(remove(3), ElementsAre("1 2"));
}

TEST_F(VoterPlan, AddsFirstWhereThatBearsMore) {
  add_observer(4);
  EXPECT_THAT(replace(2, 4), ElementsAre("1 2 3 4", "1 3 4"));
}

TEST_F(VoterPlanOfFive, AreNeverSix) {
  add_observer(6);
  EXPECT_THAT(add(6), ElementsAre("policy_violation"));
  EXPECT_THAT(replace(5, 6), ElementsAre("1 2 3 4", "1 2 3 4 6"));
}

TEST_F(VoterPlan, ShowsRegistrationsBesideTheLog) {
  register_broker(2, second_of(2));
  const auto state = quorum_state(*image_, look_, BrokerId(1));
  ASSERT_EQ(state.replicas.size(), 3u);
  EXPECT_TRUE(state.replicas[0].names_voters);
  EXPECT_EQ(state.replicas[0].host, "host-1");
  // That registration is of another disk.
  EXPECT_FALSE(state.replicas[1].names_voters);
  EXPECT_EQ(state.replicas[1].host, "old-address");
}

}  // namespace
}  // namespace ropewalk::node
