#include "broker/service/voters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/broker/service/service_rig.h"

namespace ropewalk::service {
namespace {

using ::testing::HasSubstr;

metadata::QuorumReplica voter(int id) {
  metadata::QuorumReplica replica;
  replica.broker = BrokerId(id);
  replica.votes = replica.alive = replica.names_voters = true;
  return replica;
}
metadata::QuorumState quorum_of(std::vector<metadata::QuorumReplica> replicas) {
  return {BrokerId(1), Term(3), Offset(9), Offset(9), std::move(replicas)};
}

TEST(VotersWarning, IsOfWhatIsUnwiseOrWrong) {
  EXPECT_EQ(warning_about(quorum_of({voter(1)})), "");
  EXPECT_EQ(warning_about(quorum_of({voter(1), voter(2), voter(3)})), "");
  EXPECT_THAT(warning_about(quorum_of({voter(1), voter(2)})),
              HasSubstr("2 voters bear no more failures than 1"));
  auto silent = voter(3);
  silent.alive = false;
  EXPECT_EQ(warning_about(quorum_of({voter(1), voter(2), silent})), "broker 3 is silent");
  auto exposed = voter(3);
  exposed.names_voters = false;
  EXPECT_THAT(warning_about(quorum_of({voter(1), voter(2), exposed})),
              HasSubstr("broker 3 is not known to run with quorum_voters set"));
  // Alone it makes no difference: there is nobody to be cut off from.
  EXPECT_EQ(warning_about(quorum_of({exposed})), "");
  auto follows = voter(3);
  follows.votes = false;
  EXPECT_THAT(warning_about(quorum_of({voter(1), voter(2), silent, follows})),
              HasSubstr("broker 3 is back with another disk"));
}

class ForbidsTheCluster final : public security::Authorizer {
 public:
  Result<void> authorize(const security::RequestContext&, const security::Access& access) override {
    if (access.operation != security::Operation::alter) return {};
    return fail(Errc::cluster_authorization_failed, "not yours");
  }
};

class VotersUseCases : public ::testing::Test {
 protected:
  Result<VotersResponse> change() {
    metadata::ChangeVoters wanted{metadata::VoterName{BrokerId(2), DirectoryId()}, std::nullopt};
    return rig_.world.run(rig_.core(),
                          rig_.use_cases->change_voters.handle(rig_.context(), wanted));
  }
  ServiceRig rig_{7};
};

// Who was the controller may have been removed: the answer is that of whoever is now.
TEST_F(VotersUseCases, AChangeIsAnsweredWithTheVotersThereAreNow) {
  rig_.controller.will_answer(std::monostate());
  rig_.controller.will_answer(quorum_of({voter(1)}));
  const auto changed = change();
  ASSERT_TRUE(changed) << to_string(changed.error());
  EXPECT_EQ(changed->quorum.replicas.size(), 1u);
  EXPECT_TRUE(std::holds_alternative<metadata::DescribeVoters>(rig_.controller.asked.back()));
}

TEST_F(VotersUseCases, AChangeIsNoFailureBecauseNobodyTellsOfIt) {
  rig_.controller.will_answer(std::monostate());
  rig_.controller.answers.push_back(fail(Errc::not_controller, "nobody"));
  const auto changed = change();
  ASSERT_TRUE(changed) << to_string(changed.error());
  EXPECT_THAT(changed->warning, HasSubstr("the voters are changed"));
}

TEST_F(VotersUseCases, AreNotChangedByWhoMayNot) {
  ForbidsTheCluster strict;
  const Parts parts{.environment = rig_.parts->environment,
                    .metadata = rig_.parts->metadata,
                    .replicas = rig_.parts->replicas,
                    .controller = rig_.controller,
                    .authorizer = strict,
                    .produce_budget = rig_.parts->produce_budget,
                    .fetch_budget = rig_.parts->fetch_budget,
                    .metrics = rig_.parts->metrics,
                    .cluster_id = rig_.parts->cluster_id,
                    .self = rig_.parts->self,
                    .controller_id = rig_.parts->controller_id,
                    .lease_holds = rig_.parts->lease_holds,
                    .limits = rig_.parts->limits};
  const ChangeVoters use_case(parts);
  const auto refused =
      rig_.world.run(rig_.core(), use_case.handle(rig_.context(), metadata::ChangeVoters()));
  EXPECT_EQ(refused.error().code, Errc::cluster_authorization_failed);
  EXPECT_TRUE(rig_.controller.asked.empty());
}

}  // namespace
}  // namespace ropewalk::service
