#include "broker/service/features.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/metadata/image.h"

namespace ropewalk::service {
namespace {

using metadata::FeatureLevelRecord;
using metadata::ImagePtr;

ImagePtr image_with(const std::vector<std::pair<std::int32_t, std::int32_t>>& most) {
  metadata::ImageEditor editor(std::make_shared<metadata::Image>(), Offset(1));
  EXPECT_TRUE(editor.apply(FeatureLevelRecord{"metadata.version", 1}));
  for (const auto& [id, level] : most) {
    metadata::BrokerRegistration broker;
    broker.id = BrokerId(id);
    if (level > 0) broker.features = {{"metadata.version", 1, level}};
    EXPECT_TRUE(editor.apply(metadata::RegisterBrokerRecord{std::move(broker)}));
  }
  return editor.finish();
}

TEST(Features, AllKnowWhatTheOldestKnows) {
  const auto features = features_of(*image_with({{3, 2}, {1, 4}, {2, 3}}));
  ASSERT_EQ(features.size(), 1u);
  EXPECT_EQ(features[0].name, "metadata.version");
  EXPECT_EQ(features[0].level, 1);
  EXPECT_EQ(features[0].level_max, 2);
  std::vector<std::int32_t> ids;
  for (const auto& of : features[0].brokers) ids.push_back(of.broker.value());
  EXPECT_THAT(ids, ::testing::ElementsAre(1, 2, 3));
}

TEST(Features, WhoDoesNotNameAFeatureKnowsNoLevelOfIt) {
  const auto features = features_of(*image_with({{1, 2}, {2, 0}}));
  ASSERT_EQ(features.size(), 1u);
  EXPECT_EQ(features[0].level_max, 0);
}

}  // namespace
}  // namespace ropewalk::service
