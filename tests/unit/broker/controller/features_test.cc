#include "tests/unit/broker/controller/controller_fixture.h"

namespace ropewalk::controller {
namespace {

constexpr std::int32_t kNext = kMetadataVersion + 1;

class FeaturesTest : public ControllerTest {
 protected:
  // A broker of a build that knows these levels.
  std::vector<Result<ItemAnswer>> registers(std::int32_t id, std::uint8_t incarnation,
                                            std::int32_t least, std::int32_t most) {
    now_ += milliseconds(60'000);
    auto event = registration(id, incarnation);
    event.broker.features = {{kMetadataVersionFeature, least, most}};
    return decide(event);
  }
  std::vector<Result<ItemAnswer>> raise(std::int32_t level, bool validate_only = false) {
    return decide(UpdateFeature{kMetadataVersionFeature, level, validate_only});
  }
  std::int32_t level() const { return image_->features().at(kMetadataVersionFeature); }
};

TEST_F(FeaturesTest, ALevelIsRaisedOnceEveryBrokerKnowsIt) {
  registers(1, 1, 1, kNext);
  registers(2, 1, 1, kMetadataVersion);
  const auto refused = raise(kNext);
  ASSERT_EQ(code(refused), Errc::feature_update_failed);
  EXPECT_THAT(refused[0].error().context, HasSubstr("broker 2"));
  EXPECT_EQ(level(), kMetadataVersion);

  registers(2, 2, 1, kNext);  // Replaced by the newer build.
  EXPECT_EQ(level(), kMetadataVersion) << "nobody has asked for more";
  EXPECT_EQ(code(raise(kNext, true)), Errc::none);
  EXPECT_EQ(level(), kMetadataVersion) << "that was only a question";
  EXPECT_EQ(code(raise(kNext)), Errc::none);
  EXPECT_EQ(level(), kNext);
  EXPECT_EQ(code(raise(kNext)), Errc::none);
  EXPECT_TRUE(last_records_.empty()) << "it is there already";
}

TEST_F(FeaturesTest, ALevelNeverGoesBack) {
  registers(1, 1, 1, kNext);
  ASSERT_EQ(code(raise(kNext)), Errc::none);
  const auto back = raise(kMetadataVersion);
  EXPECT_EQ(code(back), Errc::feature_update_failed);
  EXPECT_THAT(back[0].error().context, HasSubstr("never goes back"));
  EXPECT_EQ(level(), kNext);
}

TEST_F(FeaturesTest, WhoDoesNotKnowTheLevelDoesNotJoin) {
  registers(1, 1, 1, kNext);
  ASSERT_EQ(code(raise(kNext)), Errc::none);
  const auto old = registers(2, 1, 1, kMetadataVersion);
  EXPECT_EQ(code(old), Errc::unsupported_version);
  EXPECT_THAT(old[0].error().context,
              HasSubstr(fmt::format("level {} of the feature metadata.version", kNext)));
  EXPECT_EQ(code(registers(2, 1, kNext, kNext + 1)), Errc::none);
}

TEST_F(FeaturesTest, OfAnUnknownFeatureThereIsNoLevel) {
  registers(1, 1, 1, kNext);
  EXPECT_EQ(code(decide(UpdateFeature{"colour", 1})), Errc::feature_update_failed);
  EXPECT_FALSE(image_->features().contains("colour"));
}

}  // namespace
}  // namespace ropewalk::controller
