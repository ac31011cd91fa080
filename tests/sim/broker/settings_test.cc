// C47, C48, C49: what is asked of topics through the client is what a broker says of them, also
// after a restart.
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/testing/sim_cluster.h"
#include "ropewalk/admin.h"
#include "ropewalk/consumer.h"
#include "ropewalk/producer.h"

namespace ropewalk::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class BrokerTopics : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(cluster_.start(0)); }
  void restart() {
    cluster_.kill(0);
    ASSERT_TRUE(cluster_.start(0));
  }
  void set(const std::vector<TopicSettingChange>& changes) {
    const auto done = admin_.set_topic_config("orders", changes);
    ASSERT_TRUE(done) << to_string(done.error());
  }
  // Those that somebody set on the topic.
  std::map<std::string, std::string> overrides() {
    std::map<std::string, std::string> found;
    for (const DescribedSetting& setting : admin_.describe_topics({"orders"}).value()[0].settings)
      if (setting.source == SettingSource::topic) found[setting.name] = setting.value;
    return found;
  }
  std::string value_of(std::string_view name) {
    for (const DescribedSetting& setting : admin_.describe_topics({"orders"}).value()[0].settings)
      if (setting.name == name) return setting.value;
    return "not there";
  }

  SimCluster cluster_{{.seed = 41}};
  Admin admin_{cluster_.client()};
};

using Settings = std::map<std::string, std::string>;

TEST_F(BrokerTopics, ChangesConcernTheSettingsThatTheyName) {
  ASSERT_TRUE(admin_.create_topic({.name = "orders", .settings = {{"retention.ms", "1000"}}}));
  EXPECT_EQ(overrides(), (Settings{{"retention.ms", "1000"}}));
  set({{"segment.ms", "5000"}, {"retention.bytes", "70"}});
  set({{"segment.ms", std::nullopt}, {"retention.bytes", "80"}});
  const Settings two{{"retention.bytes", "80"}, {"retention.ms", "1000"}};
  EXPECT_EQ(overrides(), two);
  EXPECT_EQ(value_of("segment.ms"), "604800000");
  set({{"retention.bytes", "80"}, {"segment.bytes", std::nullopt}});  // As it is already.
  EXPECT_EQ(overrides(), two);
  restart();
  EXPECT_EQ(overrides(), two);
}

// Whoever says it wants it also when the default changes.
TEST_F(BrokerTopics, ASettingAtItsDefaultIsASettingOfTheTopic) {
  ASSERT_TRUE(admin_.create_topic({.name = "orders"}));
  const std::string standard = value_of("retention.ms");
  set({{"retention.ms", standard}});
  EXPECT_EQ(overrides(), (Settings{{"retention.ms", standard}}));
  set({{"retention.ms", std::nullopt}});
  EXPECT_EQ(overrides(), Settings{});
}

TEST_F(BrokerTopics, OneWrongSettingChangesNothing) {
  ASSERT_TRUE(admin_.create_topic({.name = "orders"}));
  const auto refused =
      admin_.set_topic_config("orders", {{"segment.ms", "5000"}, {"retention.mss", "1"}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::invalid_config);
  EXPECT_THAT(refused.error().context, HasSubstr("retention.mss"));
  EXPECT_EQ(overrides(), Settings{});
  const auto none = admin_.create_topic({.name = "other", .settings = {{"no.such", "1"}}});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Errc::invalid_config);
  EXPECT_THAT(none.error().context, HasSubstr("no.such"));
  ASSERT_TRUE(admin_.create_topic({.name = "dry", .partitions = 3, .validate_only = true}));
  EXPECT_EQ(admin_.list_topics()->size(), 1u);
}

// Kafka refuses a_b beside a.b, since its metrics and folders would be the same.
TEST_F(BrokerTopics, NamesAreNamesAllTheWay) {
  const std::vector<std::string> names{std::string(249, 'x'), "a.b", "a_b", "...", "..a"};
  for (const std::string& name : names) {
    const auto created = admin_.create_topic({.name = name, .partitions = 1});
    ASSERT_TRUE(created) << to_string(created.error());
  }
  Producer producer(cluster_.client(), {});
  for (const std::string& name : names) {
    const auto sent = producer.send({.topic = name, .value = name}).wait(60s);
    ASSERT_TRUE(sent) << name << to_string(sent.error());
  }
  for (const std::string& name :
       {std::string(), std::string("."), std::string(".."), std::string(250, 'x'),
        std::string("\xC3\xBC"), std::string("a/b"), std::string("%2e%2e")}) {
    const auto refused = admin_.create_topic({.name = name, .partitions = 1});
    ASSERT_FALSE(refused) << name;
    EXPECT_EQ(refused.error().code, Errc::invalid_topic) << name;
  }
  restart();
  EXPECT_EQ(admin_.list_topics()->size(), names.size());
  for (const std::string& name : names) {
    Consumer consumer(cluster_.client());
    ASSERT_TRUE(consumer.assign_topic(name));
    const auto records = consumer.poll(60s);
    ASSERT_TRUE(records) << name << to_string(records.error());
    ASSERT_EQ(records->size(), 1u) << name;
    EXPECT_EQ(*(*records)[0].value, name);
  }
  for (const std::string& path : cluster_.disk(0).paths())
    for (const std::string& name : names) EXPECT_EQ(path.find("/" + name), path.npos) << path;
}

}  // namespace
}  // namespace ropewalk::testing
