#include "broker/telemetry/page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/node_rig.h"

namespace ropewalk::telemetry {
namespace {

using namespace std::chrono_literals;

constexpr Family kOpen{"ropewalk_open", "How many are open."};
constexpr Family kSeen{"ropewalk_seen_total", "How many were seen."};
constexpr Family kTook{"ropewalk_took_seconds", "How long it took."};

TEST(Page, ShowsAFamilyOnceHoweverItsSamplesCome) {
  Page page;
  page.gauge(kOpen, {{"listener", "native"}}, std::uint64_t{3});
  page.counter(kSeen, {}, 9007199254740992U);
  page.gauge(kOpen, {{"listener", "admin"}}, true);
  EXPECT_EQ(page.text(),
            "# HELP ropewalk_open How many are open.\n"
            "# TYPE ropewalk_open gauge\n"
            "ropewalk_open{listener=\"native\"} 3\n"
            "ropewalk_open{listener=\"admin\"} 1\n"
            "# HELP ropewalk_seen_total How many were seen.\n"
            "# TYPE ropewalk_seen_total counter\n"
            "ropewalk_seen_total 9007199254740992\n");
}

TEST(Page, BucketsAreCumulativeAndEndWithAll) {
  NodeRig rig(1, 1);
  static constexpr env::Duration kBounds[] = {1ms, 10ms};
  DurationHistogram histogram(rig.environment(), kBounds);
  for (const env::Duration took : {500us, 2000us, 10'000us, 50'000us}) histogram.observe(took);
  Page page;
  page.histogram(kTook, {{"api", "fetch"}}, histogram);
  EXPECT_EQ(page.text(),
            "# HELP ropewalk_took_seconds How long it took.\n"
            "# TYPE ropewalk_took_seconds histogram\n"
            "ropewalk_took_seconds_count{api=\"fetch\"} 4\n"
            "ropewalk_took_seconds_sum{api=\"fetch\"} 0.0625\n"
            "ropewalk_took_seconds_bucket{api=\"fetch\",le=\"0.001\"} 1\n"
            "ropewalk_took_seconds_bucket{api=\"fetch\",le=\"0.01\"} 3\n"
            "ropewalk_took_seconds_bucket{api=\"fetch\",le=\"+Inf\"} 4\n");
}

TEST(Page, TakesOverWhatAnotherPageShows) {
  Page page;
  page.gauge(kOpen, {{"listener", "native"}}, true);
  Page other;
  other.counter(kSeen, {}, 2);
  other.gauge(kOpen, {{"listener", "admin"}}, true);
  page.add(std::move(other));
  EXPECT_EQ(page.text(),
            "# HELP ropewalk_open How many are open.\n"
            "# TYPE ropewalk_open gauge\n"
            "ropewalk_open{listener=\"native\"} 1\n"
            "ropewalk_open{listener=\"admin\"} 1\n"
            "# HELP ropewalk_seen_total How many were seen.\n"
            "# TYPE ropewalk_seen_total counter\n"
            "ropewalk_seen_total 2\n");
}

// One value that is no text would spoil the whole page for its reader.
TEST(Page, ValuesOfLabelsMayBeAnyBytes) {
  Page page;
  page.gauge(kOpen, {{"data_dir", "/d/\"a\"\\b\nc"}}, true);
  page.gauge(kOpen, {{"data_dir", "/d/\xc3\xa9"}}, true);
  page.gauge(kOpen, {{"data_dir", "/d/\xff\xc3z"}}, true);
  const std::string text = page.text();
  EXPECT_THAT(text, testing::HasSubstr("{data_dir=\"/d/\\\"a\\\"\\\\b\\nc\"} 1"));
  EXPECT_THAT(text, testing::HasSubstr("{data_dir=\"/d/\xc3\xa9\"} 1"));
  EXPECT_THAT(text, testing::HasSubstr("{data_dir=\"/d/z\"} 1"));
}

}  // namespace
}  // namespace ropewalk::telemetry
