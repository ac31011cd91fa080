#include "common/settings/shown_setting.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "common/settings/broker_settings.h"

namespace ropewalk {
namespace {

using settings::Schema;
using settings::SettingType;
using settings::ShownSetting;

ShownSetting shown_as(const BrokerSettings& settings, std::string_view key) {
  const auto all = shown(settings);
  const auto found = std::ranges::find(all, key, &ShownSetting::key);
  return found == all.end() ? ShownSetting{} : *found;
}

BrokerSettings busy_settings() {
  BrokerSettings settings;
  settings.data_dirs = {"/a", "/b"};
  settings.broker_id = BrokerId(7);
  ClusterId id;
  id.bytes.fill(3);
  settings.cluster_id = id;
  settings.quorum_voters = {{BrokerId(7), {"h", 1}, {}}, {BrokerId(8), {"::1", 2}, {}}};
  settings.advertised = {{"kafka", {{"k.example", 9092}, {"10.0.0.7", 9092}}},
                         {"native", {{"n.example", 9192}}}};
  settings.segment_bytes = 64 << 20;
  settings.session_timeout = std::chrono::seconds(9);
  return settings;
}

TEST(ShownSettings, SayWhatIsInForceAndWhatIsNot) {
  const BrokerSettings settings = busy_settings();
  const ShownSetting segment_bytes = shown_as(settings, "segment_bytes");
  EXPECT_EQ(segment_bytes.value, "64MiB");
  EXPECT_EQ(segment_bytes.default_value, "1GiB");
  EXPECT_FALSE(segment_bytes.is_default);
  EXPECT_EQ(shown_as(settings, "data_dir").value, "/a,/b");
  EXPECT_EQ(shown_as(settings, "data_dir").type, SettingType::list);
  EXPECT_EQ(shown_as(settings, "advertised").value,
            "kafka=k.example:9092,kafka=10.0.0.7:9092,native=n.example:9192");
  EXPECT_EQ(shown_as(settings, "cores").value, "0");
  EXPECT_TRUE(shown_as(settings, "cores").is_default);
  EXPECT_EQ(shown_as(settings, "allow_insecure").type, SettingType::boolean);
}

// What is shown is what the file would say: it makes the same settings again.
TEST(ShownSettings, MakeTheSameSettingsAgain) {
  BrokerSettings again;
  const Schema schema = broker_schema(again);
  for (const ShownSetting& setting : shown(busy_settings())) {
    if (setting.value.empty()) continue;
    EXPECT_TRUE(schema.find(setting.key)->assign(setting.value)) << setting.key;
  }
  for (const ShownSetting& setting : shown(busy_settings()))
    EXPECT_EQ(shown_as(again, setting.key).value, setting.value) << setting.key;
}

TEST(ShownSettings, KeepSecrets) {
  Schema now;
  now.add({.key = "password", .initial = "hunter2", .is_secret = true});
  Schema defaults;
  defaults.add({.key = "password"});
  const auto all = settings::shown(now, defaults);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].value, "");
  EXPECT_TRUE(all[0].is_secret);
  EXPECT_FALSE(all[0].is_default);
}

}  // namespace
}  // namespace ropewalk
