// Answers about all topics that are sent again (case C51).
#include "broker/listeners/kafka/exchange/kept_metadata.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/broker/listeners/kafka/serving/kafka_rig.h"

namespace ropewalk::kafka {
namespace {

using testing::SizeIs;

KeptMetadata::Key key(std::int64_t offset, std::int16_t version, std::string reached = "a") {
  return {.as_of = {.metadata_offset = Offset(offset), .controller = BrokerId(1)},
          .version = version,
          .reached = {std::move(reached), 9092}};
}

SharedBytes bytes(std::size_t size) { return SharedBytes(std::string(size, 'x')); }

TEST(KeptMetadata, GivesOutWhatIsOfTheSameKey) {
  KeptMetadata kept(100);
  kept.keep(key(1, 4), bytes(10));
  EXPECT_EQ(kept.find(key(1, 4)).value().size(), 10u);
  EXPECT_FALSE(kept.find(key(1, 5)));
  EXPECT_FALSE(kept.find(key(2, 4)));
  EXPECT_FALSE(kept.find(key(1, 4, "b")));
  for (bool KeptMetadata::Key::* const asked :
       {&KeptMetadata::Key::topic_operations, &KeptMetadata::Key::cluster_operations}) {
    auto other = key(1, 4);
    other.*asked = true;
    EXPECT_FALSE(kept.find(other));
  }
  auto other = key(1, 4);
  other.as_of.controller = BrokerId(2);
  EXPECT_FALSE(kept.find(other));
}

TEST(KeptMetadata, WhatIsOutdatedGoesWithTheFirstNewAnswer) {
  KeptMetadata kept(100);
  kept.keep(key(1, 4), bytes(40));
  kept.keep(key(1, 5), bytes(40));
  kept.keep(key(2, 4), bytes(90));
  EXPECT_FALSE(kept.find(key(1, 5)));
  EXPECT_TRUE(kept.find(key(2, 4)));
}

TEST(KeptMetadata, HoldsNoMoreBytesThanItMay) {
  KeptMetadata kept(100);
  kept.keep(key(1, 4), bytes(40));
  kept.keep(key(1, 5), bytes(40));
  EXPECT_TRUE(kept.find(key(1, 4)));
  kept.keep(key(1, 6), bytes(40));
  EXPECT_FALSE(kept.find(key(1, 5))) << "asked for longest ago";
  EXPECT_TRUE(kept.find(key(1, 4)));
  kept.keep(key(1, 4), bytes(60));
  EXPECT_TRUE(kept.find(key(1, 6)));
  kept.keep(key(1, 7), bytes(101));
  EXPECT_FALSE(kept.find(key(1, 7)));
  EXPECT_TRUE(kept.find(key(1, 4)));
}

class MetadataOfAll : public testing::Test {
 protected:
  // Also whether it was sent from the same memory as the one before.
  MetadataResponse ask(bool& is_again, std::int16_t version = 12) {
    const auto response = rig_.call<MetadataResponse>(MetadataRequest{}, version);
    const auto& last = std::get<SharedBytes>(rig_.outbox->frames.back().back());
    is_again = last.owner() == before_;
    before_ = last.owner();
    return response;
  }
  MetadataResponse ask() {
    bool ignored = false;
    return ask(ignored);
  }
  KafkaRig rig_;
  std::shared_ptr<const void> before_;
};

TEST_F(MetadataOfAll, IsMadeOnceAndAgainWhenSomethingHasChanged) {
  rig_.add_topic("t", 3);
  bool is_again = true;
  const auto first = ask(is_again);
  EXPECT_FALSE(is_again);
  EXPECT_THAT(first.topics, SizeIs(1));
  const auto second = ask(is_again);
  EXPECT_TRUE(is_again);
  ASSERT_THAT(second.topics, SizeIs(1));
  EXPECT_THAT(second.topics[0].partitions, SizeIs(3));
  EXPECT_EQ(second.brokers.at(0).host, "10.0.0.7");
  rig_.add_topic("u");
  EXPECT_THAT(ask(is_again).topics, SizeIs(2));
  EXPECT_FALSE(is_again);
}

TEST_F(MetadataOfAll, WhoMayNotSeeAllIsAnsweredForItself) {
  rig_.add_topic("t");
  rig_.add_topic("secret");
  EXPECT_THAT(ask().topics, SizeIs(2));
  rig_.authorizer.forbidden = "secret";
  EXPECT_THAT(ask().topics, SizeIs(1));
  rig_.authorizer.forbidden.clear();
  EXPECT_THAT(ask().topics, SizeIs(2));
}

}  // namespace
}  // namespace ropewalk::kafka
