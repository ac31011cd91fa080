#include "client/cli/features_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ropewalk::cli {
namespace {

using ::testing::HasSubstr;

const std::vector<ClusterFeature> kFeatures{
    {.name = "metadata.version", .level = 1, .level_max = 2, .brokers = {{1, 1, 3}, {2, 1, 2}}}};

TEST(FeaturesText, ShowsWhatIsInUseAndWhatAllKnow) {
  const std::string text = features_text(kFeatures);
  EXPECT_THAT(text, HasSubstr("metadata.version  1      2"));
  EXPECT_THAT(text, HasSubstr("1 to 3"));
  EXPECT_EQ(features_json(kFeatures),
            R"([{"name":"metadata.version","level":1,"level_max":2,"brokers":[)"
            R"({"broker_id":1,"level_min":1,"level_max":3},)"
            R"({"broker_id":2,"level_min":1,"level_max":2}]}])"
            "\n");
}

TEST(PlanUpgrade, GoesAsHighAsAllKnow) {
  const auto upgrade = plan_upgrade(kFeatures, "metadata.version", std::nullopt);
  ASSERT_TRUE(upgrade);
  EXPECT_EQ(upgrade->from, 1);
  EXPECT_EQ(upgrade->to, 2);
  EXPECT_EQ(upgrade_json(*upgrade), R"({"feature":"metadata.version","from":1,"to":2})"
                                    "\n");
}

TEST(PlanUpgrade, NamesWhoDoesNotKnowTheLevel) {
  const auto refused = plan_upgrade(kFeatures, "metadata.version", 3);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::feature_update_failed);
  EXPECT_THAT(refused.error().context, HasSubstr("broker 2 knows metadata.version levels 1 to 2"));
}

TEST(PlanUpgrade, NeverGoesBackAndKnowsItsFeatures) {
  auto features = kFeatures;
  features[0].level = 2;
  EXPECT_EQ(plan_upgrade(features, "metadata.version", 1).error().code,
            Errc::feature_update_failed);
  EXPECT_EQ(plan_upgrade(features, "colour", 1).error().code, Errc::not_found);
  features[0].brokers[1] = {2, 0, 0};  // It does not name the feature.
  features[0].level_max = 0;
  EXPECT_EQ(plan_upgrade(features, "metadata.version", std::nullopt).error().code,
            Errc::feature_update_failed);
}

}  // namespace
}  // namespace ropewalk::cli
