// Where clients are told to connect (case C50): by what the settings say, and how they came.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/service/addresses.h"
#include "tests/unit/broker/service/service_rig.h"

namespace ropewalk::service {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

AdvertisedAddress named(std::string host, std::uint16_t port,
                        std::vector<std::string> addresses = {}) {
  return {.told = {std::move(host), port}, .addresses = std::move(addresses)};
}

TEST(Advertised, TheOneOfTheAddressThatWasReachedFits) {
  const std::vector<AdvertisedAddress> names{named("public.example", 9092, {"203.0.113.9"}),
                                             named("rack.example", 9092, {"fd00::7", "10.0.0.7"}),
                                             named("10.0.0.8", 9092, {"10.0.0.8"}),
                                             named("unknown.example", 9092)};
  EXPECT_EQ(fitting(names, {"203.0.113.9", 9092}), 0u);
  EXPECT_EQ(fitting(names, {"10.0.0.7", 9092}), 1u);
  EXPECT_EQ(fitting(names, {"fd00::7", 9092}), 1u);
  EXPECT_EQ(fitting(names, {"10.0.0.8", 9092}), 2u);
  EXPECT_EQ(fitting(names, {"172.17.0.2", 9092}), 0u) << "none has it: the first";
}

TEST(Advertised, OfTheSameAddressTheOneOfThePortThatWasReachedFitsBest) {
  const std::vector<AdvertisedAddress> names{named("a", 1, {"10.0.0.7"}), named("b", 2),
                                             named("c", 2, {"10.0.0.7"}),
                                             named("d", 2, {"10.0.0.7"})};
  EXPECT_EQ(fitting(names, {"10.0.0.7", 2}), 2u);
  EXPECT_EQ(fitting(names, {"10.0.0.7", 3}), 0u);
  EXPECT_EQ(fitting(names, {"10.0.0.9", 2}), 0u) << "a port alone says nothing";
}

class AdvertisedTest : public testing::Test {
 protected:
  std::string told(Advertised advertised, BrokerId of, const std::string& reached = "10.0.0.7") {
    auto caller = std::make_shared<security::Caller>(*rig_.caller);
    caller->local.host = reached;
    rig_.parts->advertised = std::move(advertised);
    return address_for(*rig_.parts, *caller, *rig_.image->broker(of)).to_string();
  }
  void register_other(std::vector<metadata::BrokerListener> listeners) {
    metadata::BrokerRegistration broker;
    broker.id = kOther;
    broker.incarnation.bytes.fill(7);
    broker.listeners = std::move(listeners);
    rig_.apply({metadata::RegisterBrokerRecord{broker}});
  }
  static constexpr BrokerId kSelf = ServiceRig::kSelf;
  static constexpr BrokerId kOther{2};
  ServiceRig rig_{1};
};

// The broker listens on 0.0.0.0, which is no address to connect to.
TEST_F(AdvertisedTest, EachClientIsToldTheAddressThatItReachedUnlessTheSettingsNameOne) {
  EXPECT_EQ(told({}, kSelf), "10.0.0.7:19192");
  EXPECT_EQ(told({{"kafka", {named("k", 9092)}}}, kSelf), "10.0.0.7:19192");
  EXPECT_EQ(told({{"native", {named("n", 9192)}}}, kSelf), "n:9192");
  EXPECT_EQ(told({{"native", {named("n", 9192, {"10.0.0.9"})}}}, kSelf), "n:9192");
}

TEST_F(AdvertisedTest, OfSeveralEachClientIsToldTheOneThatFits) {
  const Advertised two{
      {"native", {named("near", 9192, {"10.0.0.7"}), named("far", 9192, {"203.0.113.9"})}}};
  EXPECT_EQ(told(two, kSelf, "10.0.0.7"), "near:9192");
  EXPECT_EQ(told(two, kSelf, "203.0.113.9"), "far:9192");
  EXPECT_EQ(told(two, kSelf, "127.0.0.1"), "near:9192");
}

TEST_F(AdvertisedTest, OfAnotherBrokerTheOneInTheSamePlace) {
  register_other({{"kafka", "other-kafka", 1}, {"native", "near-2", 2}, {"native", "far-2", 3}});
  const Advertised two{
      {"native", {named("near", 9192, {"10.0.0.7"}), named("far", 9192, {"203.0.113.9"})}}};
  EXPECT_EQ(told(two, kOther, "10.0.0.7"), "near-2:2");
  EXPECT_EQ(told(two, kOther, "203.0.113.9"), "far-2:3");
  EXPECT_EQ(told({}, kOther), "near-2:2");
  register_other({{"native", "near-2", 2}});
  EXPECT_EQ(told(two, kOther, "203.0.113.9"), "near-2:2") << "it has one only";
  register_other({});
  EXPECT_EQ(told(two, kOther), ":0");
}

TEST_F(AdvertisedTest, HostsAreLookedUpWhereThereIsAChoice) {
  const std::string node = rig_.node.name();
  const auto found = rig_.world.run(
      rig_.core(),
      look_up_advertised(rig_.environment(),
                         {{"kafka", {{node, 1}}}, {"native", {{node, 1}, {"nobody", 2}}}},
                         env::kNever));
  EXPECT_THAT(found.at("kafka").at(0).addresses, IsEmpty());
  EXPECT_THAT(found.at("native").at(0).addresses, ElementsAre(node));
  EXPECT_EQ(found.at("native").at(1).told, (env::Endpoint{"nobody", 2}));
  EXPECT_THAT(found.at("native").at(1).addresses, IsEmpty());
}

}  // namespace
}  // namespace ropewalk::service
