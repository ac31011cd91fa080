// What the admin port of a whole broker shows, and that all of it is well-formed.
#include <set>
#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/testing/cluster.h"
#include "tests/support/http_peer.h"

namespace ropewalk::testing {
namespace {

using support::HttpPeer;
using ::testing::ElementsAre;

// The families of a page, and its samples by name and labels as they stand there.
struct Shown {
  std::set<std::string> helped;
  std::map<std::string, std::string> types;
  std::map<std::string, double> samples;
};

Shown parse(const std::string& page) {
  Shown shown;
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string hash, kind, name, rest;
    if (line.starts_with("#")) {
      words >> hash >> kind >> name;
      std::getline(words, rest);
      if (kind == "HELP") {
        EXPECT_TRUE(shown.helped.insert(name).second) << name << " twice";
        EXPECT_GT(rest.size(), 10U) << name;
        EXPECT_TRUE(rest.ends_with(".")) << line;
      } else {
        EXPECT_EQ(kind, "TYPE");
        EXPECT_TRUE(shown.types.emplace(name, rest.substr(1)).second) << name << " twice";
      }
      continue;
    }
    const std::size_t space = line.rfind(' ');
    EXPECT_TRUE(shown.samples.emplace(line.substr(0, space), std::stod(line.substr(space))).second)
        << line << " twice";
  }
  return shown;
}

bool is_legal_name(const std::string& name) {
  return !name.empty() &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos;
}

class BrokerMetrics : public ::testing::Test {
 protected:
  HttpPeer monitor() {
    return HttpPeer(cluster_.world(), cluster_.world().node("client"), {"broker-1", 9644});
  }
  Shown scrape() {
    auto peer = monitor();
    const auto answer = peer.get("/metrics");
    EXPECT_EQ(answer.status, 200);
    return parse(answer.body);
  }

  Cluster cluster_{{.seed = 9, .cores = 2}};
};

TEST_F(BrokerMetrics, EveryFamilyIsWellFormed) {
  ASSERT_TRUE(cluster_.start(0));
  const Shown shown = scrape();
  EXPECT_GT(shown.types.size(), 10U);
  for (const auto& [name, type] : shown.types) {
    EXPECT_TRUE(is_legal_name(name)) << name;
    EXPECT_TRUE(name.starts_with("ropewalk_") || name.starts_with("process_")) << name;
    EXPECT_TRUE(shown.helped.contains(name)) << name;
    EXPECT_EQ(name.ends_with("_total"), type == "counter") << name;
    if (type == "histogram") EXPECT_TRUE(name.ends_with("_seconds")) << name;
    for (const std::string unit : {"_ms", "_us", "_kb", "_millis", "_milliseconds", "_percent"})
      EXPECT_EQ(name.find(unit), std::string::npos) << name;
  }
  for (const auto& [sample, value] : shown.samples) {
    std::string name = sample.substr(0, sample.find('{'));
    if (!shown.types.contains(name))  // Of a histogram.
      for (const std::string part : {"_bucket", "_sum", "_count"})
        if (name.ends_with(part)) name.erase(name.size() - part.size());
    EXPECT_TRUE(shown.types.contains(name)) << sample;
  }
}

// It can be asked before it serves, and says what it waits for.
TEST_F(BrokerMetrics, ReadyMeansThatItServes) {
  sim::DiskFaults& slow = cluster_.node(0).disk("/data/quorum").faults;
  slow.sync_least = slow.sync_most = std::chrono::seconds(3);
  cluster_.begin_start(0);
  cluster_.world().run_for(std::chrono::seconds(2));
  auto peer = monitor();
  std::set<std::string> reasons;
  while (!cluster_.started(0)) {
    EXPECT_EQ(peer.get("/healthz").status, 200);
    EXPECT_EQ(peer.get("/metrics").status, 200);
    const auto ready = peer.get("/readyz");
    if (ready.status == 503) reasons.insert(ready.body);
    cluster_.world().run_for(std::chrono::milliseconds(200));
  }
  EXPECT_THAT(reasons, ElementsAre("joining the cluster\n", "opening the cluster's metadata\n"));
  ASSERT_TRUE(*cluster_.started(0));
  slow = sim::DiskFaults{};
  cluster_.world().run_for(std::chrono::seconds(5));
  EXPECT_EQ(peer.get("/readyz").body, "ready\n");
}

}  // namespace
}  // namespace ropewalk::testing
