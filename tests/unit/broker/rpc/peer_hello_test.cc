#include "broker/rpc/peer_hello.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/broker/rpc/peer_rig.h"

namespace ropewalk::rpc {
namespace {

using testing::HasSubstr;

Result<PeerIdentity> called(const internal::PeerHello& hello) {
  const std::string bytes = hello.SerializeAsString();
  return admit_caller(as_bytes(bytes), identity_of(2));
}

Errc refusal(const internal::PeerHello& hello) {
  const auto admitted = called(hello);
  return admitted ? Errc::none : admitted.error().code;
}

TEST(PeerHello, TellsWhoCalls) {
  const auto admitted = called(hello_to(address_of(2), identity_of(1)));
  ASSERT_TRUE(admitted) << to_string(admitted.error());
  EXPECT_EQ(*admitted, identity_of(1));
  EXPECT_EQ(refusal(hello_to({kNoBroker, std::nullopt, {"b2", 1}}, identity_of(1))), Errc::none);
}

TEST(PeerHello, RefusesWhoMeansSomebodyElse) {
  PeerAddress to = address_of(2);
  to.broker = BrokerId(3);
  EXPECT_EQ(refusal(hello_to(to, identity_of(1))), Errc::wrong_owner);
  to = address_of(2);
  to.directory = id_of<DirectoryId>(77);
  EXPECT_EQ(refusal(hello_to(to, identity_of(1))), Errc::wrong_owner);
  // Broker 0 is one like any other.
  to = {BrokerId(0), std::nullopt, {"b2", 1}};
  EXPECT_EQ(refusal(hello_to(to, identity_of(1))), Errc::wrong_owner);
}

TEST(PeerHello, RefusesOtherClustersAndVersions) {
  PeerIdentity stranger = identity_of(1);
  stranger.cluster = id_of<ClusterId>(8);
  EXPECT_EQ(refusal(hello_of(stranger)), Errc::inconsistent_cluster_id);
  auto hello = hello_of(identity_of(1));
  hello.set_version(2);
  EXPECT_EQ(refusal(hello), Errc::unsupported_version);
  hello.clear_cluster();  // Whatever else a later version says.
  EXPECT_EQ(refusal(hello), Errc::unsupported_version);
}

TEST(PeerHello, RefusesWhatNamesNobody) {
  for (int field = 0; field < 5; field++) {
    auto hello = hello_of(identity_of(1));
    if (field == 0) hello.set_cluster("short");
    if (field == 1) hello.clear_directory();
    if (field == 2) hello.set_incarnation(std::string(16, '\0'));
    if (field == 3) hello.set_broker(-1);
    if (field == 4) hello.set_expected_directory("x");
    EXPECT_EQ(refusal(hello), Errc::malformed_frame) << field;
  }
  EXPECT_EQ(admit_caller(as_bytes("\xff\xff"), identity_of(2)).error().code, Errc::malformed_frame);
}

TEST(PeerHello, TheCallerLooksAtWhoAnswersToo) {
  const std::string bytes = hello_of(identity_of(2)).SerializeAsString();
  EXPECT_EQ(admit_called(as_bytes(bytes), identity_of(1), address_of(2)), identity_of(2));
  const auto other = admit_called(as_bytes(bytes), identity_of(1), address_of(3));
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, Errc::wrong_owner);
  EXPECT_THAT(other.error().context, HasSubstr("this is broker 2, not 3"));
}

}  // namespace
}  // namespace ropewalk::rpc
