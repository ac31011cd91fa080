// Changing lists, and replacing all that a topic or the cluster has set.
#include "broker/metadata/broker_settings.h"
#include "tests/unit/broker/controller/controller_fixture.h"

namespace ropewalk::controller {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

class ConfigsTest : public ControllerTest {
 protected:
  ConfigsTest() {
    register_and_unfence(1);
    create("orders", 1, 1, {{"retention.ms", "1000"}, {"segment.ms", "2000"}});
  }
  static ConfigChange change(std::string key, std::optional<std::string> value,
                             ConfigEdit edit = ConfigEdit::set) {
    return {TopicRef{{}, "orders"}, std::move(key), std::move(value), edit};
  }
  const Configs& configs() { return image_->topic("orders")->configs; }
};

TEST_F(ConfigsTest, ReplacingLeavesOnlyWhatIsNamed) {
  SetConfigs event{{change("segment.ms", "3000"), change("max.message.bytes", "500")}};
  event.replaced = {TopicRef{{}, "orders"}};
  const auto items = decide(event);
  ASSERT_EQ(items.size(), 3u);
  for (std::size_t i = 0; i < items.size(); i++) EXPECT_EQ(code(items, i), Errc::none);
  EXPECT_THAT(configs(),
              UnorderedElementsAre(Pair("segment.ms", "3000"), Pair("max.message.bytes", "500")));
  EXPECT_EQ(code(decide(SetConfigs{{}, false, {TopicRef{{}, "orders"}}})), Errc::none);
  EXPECT_TRUE(configs().empty());
}

TEST_F(ConfigsTest, ReplacingIsAllOrNothing) {
  SetConfigs event{{change("segment.ms", "3000"), change("max.message.bytes", "none")}};
  event.replaced = {TopicRef{{}, "orders"}};
  EXPECT_EQ(code(decide(event), 2), Errc::invalid_config);
  EXPECT_TRUE(last_records_.empty());
  event.changes.pop_back();
  event.validate_only = true;
  EXPECT_EQ(code(decide(event), 1), Errc::none);
  EXPECT_TRUE(last_records_.empty());
  EXPECT_EQ(code(decide(SetConfigs{{}, false, {TopicRef{{}, "nope"}}})),
            Errc::unknown_topic_or_partition);
  EXPECT_EQ(code(decide(SetConfigs{{}, false, {BrokerId(1)}})), Errc::invalid_config);
}

TEST_F(ConfigsTest, EachScopeIsAllOrNothingForItself) {
  create("other");
  decide(SetConfigs{{change("segment.ms", "3000")}});
  SetConfigs event{{{TopicRef{{}, "nope"}, "segment.ms", "7"},
                    change("retention.ms", "5"),
                    {TopicRef{{}, "other"}, "retention.ms", "6"},
                    change("max.message.bytes", "none"),
                    {ClusterScope{}, "segment.ms", "8"}}};
  event.replaced = {TopicRef{{}, "other"}, TopicRef{image_->topic("orders")->id, {}}};
  const auto items = decide(event);
  ASSERT_EQ(items.size(), 7u);
  for (const std::size_t good : {0u, 1u, 3u, 4u, 6u})
    EXPECT_EQ(code(items, good), Errc::none) << good;
  EXPECT_EQ(code(items, 2), Errc::unknown_topic_or_partition);
  EXPECT_EQ(code(items, 5), Errc::invalid_config);
  EXPECT_THAT(configs(),
              UnorderedElementsAre(Pair("retention.ms", "1000"), Pair("segment.ms", "3000")));
  EXPECT_THAT(image_->topic("other")->configs, ElementsAre(Pair("retention.ms", "6")));
  EXPECT_THAT(image_->cluster_configs(), ElementsAre(Pair("segment.ms", "8")));
}

// What goes back to the default changes partitions as what is set does.
TEST_F(ConfigsTest, ReplacingFollowsInPartitions) {
  decide(SetConfigs{{change("durability", "replicated")}});
  ASSERT_EQ(partition("orders").durability, Durability::replicated);
  decide(SetConfigs{{}, false, {TopicRef{{}, "orders"}}});
  EXPECT_EQ(partition("orders").durability, Durability::syncing);
}

TEST_F(ConfigsTest, FlushingEveryMessageIsFollowedInPartitions) {
  decide(SetConfigs{{change("durability", "replicated")}});
  decide(SetConfigs{{change("flush.messages", "1")}});
  EXPECT_EQ(partition("orders").durability, Durability::syncing);
  decide(SetConfigs{{change("flush.messages", std::nullopt)}});
  EXPECT_EQ(partition("orders").durability, Durability::replicated);
}

TEST_F(ConfigsTest, ReplacesWhatTheClusterHasSet) {
  decide(SetConfigs{{{ClusterScope{}, "retention.ms", "5"}, {ClusterScope{}, "segment.ms", "6"}}});
  decide(SetConfigs{{{ClusterScope{}, "segment.ms", "7"}}, false, {ClusterScope{}}});
  EXPECT_THAT(image_->cluster_configs(), ElementsAre(Pair("segment.ms", "7")));
  EXPECT_EQ(configs().size(), 2u);
}

// As kafka-reassign-partitions sets and clears them.
TEST_F(ConfigsTest, ABrokerHasRates) {
  const std::string follower = "follower.replication.throttled.rate";
  SetConfigs set{{{BrokerId(1), follower, "1000"},
                  {BrokerId(1), "leader.replication.throttled.rate", "1000"}}};
  const auto items = decide(set);
  EXPECT_EQ(code(items, 0), Errc::none);
  EXPECT_EQ(code(items, 1), Errc::none);
  EXPECT_EQ(metadata::catch_up_rate_of(*image_, BrokerId(1)), 1000);
  for (const char* const wrong : {"0", "-1", "fast", ""})
    EXPECT_EQ(code(decide(SetConfigs{{{BrokerId(1), follower, wrong}}})), Errc::invalid_config);
  EXPECT_EQ(code(decide(SetConfigs{{{BrokerId(1), follower, "5", ConfigEdit::append}}})),
            Errc::invalid_config);
  EXPECT_EQ(code(decide(SetConfigs{{{BrokerId(2), follower, "1000"}}})),
            Errc::broker_id_not_registered);
  decide(
      SetConfigs{{{BrokerId(1), follower, std::nullopt},
                  {BrokerId(1), "replica.alter.log.dirs.io.max.bytes.per.second", std::nullopt}}});
  EXPECT_EQ(metadata::catch_up_rate_of(*image_, BrokerId(1)), std::nullopt);
}

// A build that does not know them would go on as if nothing had been set.
TEST_F(ConfigsTest, BrokersHaveSettingsOnceAllBuildsKnowThem) {
  Batch older(image_, next());
  older.add(metadata::FeatureLevelRecord{kMetadataVersionFeature, kBrokerSettingsSince - 1});
  commit(older);
  const SetConfigs drain{{{BrokerId(1), std::string(metadata::kDrained), "true"}}};
  const auto refused = decide(drain);
  ASSERT_EQ(code(refused), Errc::unsupported_version);
  EXPECT_THAT(refused[0].error().context, HasSubstr("cluster upgrade"));
  ASSERT_EQ(code(decide(UpdateFeature{kMetadataVersionFeature, kBrokerSettingsSince})), Errc::none);
  EXPECT_EQ(code(decide(drain)), Errc::none);
}

TEST_F(ConfigsTest, AppendsToListsAndSubtracts) {
  // What holds is the default, "delete": it stays once.
  decide(SetConfigs{{change("cleanup.policy", "delete", ConfigEdit::append)}});
  EXPECT_EQ(configs().at("cleanup.policy"), "delete");
  decide(SetConfigs{{change("cleanup.policy", "compact", ConfigEdit::subtract)}});
  EXPECT_EQ(configs().at("cleanup.policy"), "delete");
}

TEST_F(ConfigsTest, EditedListsAreCheckedAsAWhole) {
  auto items = decide(SetConfigs{{change("cleanup.policy", "compact", ConfigEdit::append)}});
  EXPECT_EQ(code(items), Errc::invalid_config);
  EXPECT_THAT(items[0].error().context, HasSubstr("\"delete,compact\""));
  items = decide(SetConfigs{{change("cleanup.policy", "delete", ConfigEdit::subtract)}});
  EXPECT_EQ(code(items), Errc::invalid_config);
  EXPECT_FALSE(configs().contains("cleanup.policy"));
}

TEST_F(ConfigsTest, OnlyListsAreEdited) {
  for (const ConfigEdit edit : {ConfigEdit::append, ConfigEdit::subtract}) {
    const auto items = decide(SetConfigs{{change("retention.ms", "5", edit)}});
    EXPECT_EQ(code(items), Errc::invalid_config);
    EXPECT_THAT(items[0].error().context, HasSubstr("is no list"));
    EXPECT_EQ(code(decide(SetConfigs{{change("nope", "5", edit)}})), Errc::invalid_config);
  }
}

}  // namespace
}  // namespace ropewalk::controller
