// What the admin port of a whole broker shows, and that all of it is well-formed.
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/testing/sim_cluster.h"
#include "ropewalk/admin.h"
#include "ropewalk/consumer.h"
#include "ropewalk/producer.h"
#include "tests/support/http_peer.h"
#include "tests/support/metrics_page.h"

namespace ropewalk::testing {
namespace {

using support::HttpPeer;
using support::MetricsPage;
using ::testing::ElementsAre;

bool is_legal_name(const std::string& name) {
  return !name.empty() &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos;
}

class BrokerMetrics : public ::testing::Test {
 protected:
  HttpPeer monitor() {
    return HttpPeer(cluster_.world(), cluster_.world().node("client"), {"broker-1", 9644});
  }
  MetricsPage scrape() {
    auto peer = monitor();
    const auto answer = peer.get("/metrics");
    EXPECT_EQ(answer.status, 200);
    return support::parse_metrics(answer.body);
  }

  void create_topic(const std::string& name) {
    Admin admin(cluster_.client());
    auto created = admin.create_topic({.name = name, .partitions = 1});
    ASSERT_TRUE(created) << to_string(created.error());
  }
  void produce(const std::string& topic, int records) {
    Producer producer(cluster_.client(), {});
    std::vector<Delivery> deliveries;
    for (int i = 0; i < records; i++)
      deliveries.push_back(producer.send({.topic = topic, .value = "value"}));
    for (const Delivery& delivery : deliveries) {
      const auto delivered = delivery.wait();
      ASSERT_TRUE(delivered) << to_string(delivered.error());
    }
  }
  void consume(const std::string& topic, int records) {
    Consumer consumer(cluster_.client());
    ASSERT_TRUE(consumer.assign_topic(topic));
    int left = records;
    for (int polls = 0; left > 0 && polls < 100; polls++) {
      const auto polled = consumer.poll(std::chrono::seconds(1));
      ASSERT_TRUE(polled) << to_string(polled.error());
      left -= static_cast<int>(polled->size());
    }
    EXPECT_EQ(left, 0);
  }

  SimCluster cluster_{{.seed = 9, .cores = 2}};
};

TEST_F(BrokerMetrics, EveryFamilyIsWellFormed) {
  ASSERT_TRUE(cluster_.start(0));
  const MetricsPage shown = scrape();
  EXPECT_GT(shown.types.size(), 10U);
  for (const auto& [name, type] : shown.types) {
    EXPECT_TRUE(is_legal_name(name)) << name;
    EXPECT_TRUE(name.starts_with("ropewalk_") || name.starts_with("process_")) << name;
    EXPECT_TRUE(shown.helped.contains(name)) << name;
    EXPECT_EQ(name.ends_with("_total"), type == "counter") << name;
    if (type == "histogram") EXPECT_TRUE(name.ends_with("_seconds")) << name;
    for (const std::string unit : {"_ms", "_us", "_kb", "_millis", "_milliseconds", "_percent"})
      EXPECT_FALSE(name.ends_with(unit) || name.ends_with(unit + "_total")) << name;
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

TEST_F(BrokerMetrics, ShowsEveryFamilyFromTheBeginning) {
  ASSERT_TRUE(cluster_.start(0));
  const MetricsPage shown = scrape();
  // Those of errors come with the first error; those of the process are of a real one.
  for (const std::string name : {
           "ropewalk_build_info",
           "ropewalk_broker_info",
           "ropewalk_ready",
           "ropewalk_lease_held",
           "ropewalk_lease_remaining_seconds",
           "ropewalk_heartbeats_total",
           "ropewalk_heartbeat_failures_total",
           "ropewalk_connections",
           "ropewalk_connections_limit",
           "ropewalk_connections_accepted_total",
           "ropewalk_connections_refused_total",
           "ropewalk_connections_closed_total",
           "ropewalk_accept_errors_total",
           "ropewalk_received_bytes_total",
           "ropewalk_sent_bytes_total",
           "ropewalk_requests_total",
           "ropewalk_request_duration_seconds",
           "ropewalk_produced_batches_total",
           "ropewalk_produced_records_total",
           "ropewalk_produced_bytes_total",
           "ropewalk_fetched_bytes_total",
           "ropewalk_fetch_sessions",
           "ropewalk_fetch_session_partitions",
           "ropewalk_fetch_sessions_evicted_total",
           "ropewalk_budget_used_bytes",
           "ropewalk_budget_limit_bytes",
           "ropewalk_disk_total_bytes",
           "ropewalk_disk_free_bytes",
           "ropewalk_disk_floor_bytes",
           "ropewalk_disk_below_floor",
           "ropewalk_disk_reserve_held",
           "ropewalk_data_dir_replicas",
           "ropewalk_log_appended_batches_total",
           "ropewalk_log_appended_bytes_total",
           "ropewalk_log_removed_segments_total",
           "ropewalk_log_removed_early_records_total",
           "ropewalk_sync_requests_total",
           "ropewalk_sync_request_files_total",
           "ropewalk_sync_duration_seconds",
           "ropewalk_sync_failures_total",
           "ropewalk_replicas",
           "ropewalk_leaders",
           "ropewalk_replica_lag_records",
           "ropewalk_replica_lag_max_records",
           "ropewalk_catch_up_bytes_total",
           "ropewalk_replica_truncations_total",
           "ropewalk_replica_damage_found_total",
           "ropewalk_replication_sent_bytes_total",
           "ropewalk_replication_received_bytes_total",
           "ropewalk_replication_fetch_requests_total",
           "ropewalk_replication_fetch_failures_total",
           "ropewalk_replication_sessions",
           "ropewalk_in_sync_shrinks_total",
           "ropewalk_in_sync_expands_total",
           "ropewalk_under_replicated_partitions",
           "ropewalk_at_min_in_sync_partitions",
           "ropewalk_under_min_in_sync_partitions",
           "ropewalk_reassigning_partitions",
           "ropewalk_offline_partitions",
           "ropewalk_cluster_partitions",
           "ropewalk_cluster_topics",
           "ropewalk_cluster_brokers",
           "ropewalk_metadata_term",
           "ropewalk_metadata_commit_offset",
           "ropewalk_metadata_leader",
           "ropewalk_metadata_snapshots_total",
           "ropewalk_metadata_snapshot_failures_total",
           "ropewalk_controller_active",
           "ropewalk_controller_waiting_changes",
           "ropewalk_core_delay_seconds",
       })
    EXPECT_TRUE(shown.types.contains(name)) << name;
  EXPECT_EQ(shown.samples.at("ropewalk_lease_held"), 1);
  EXPECT_EQ(shown.samples.at("ropewalk_controller_active"), 1);
  EXPECT_GT(shown.samples.at("ropewalk_lease_remaining_seconds"), 0);
  for (const std::string core : {"0", "1", "control"})
    EXPECT_TRUE(shown.samples.contains("ropewalk_core_delay_seconds{core=\"" + core + "\"}"));
}

// A name in the alerts that nobody shows would never wake anybody.
TEST_F(BrokerMetrics, AlertsNameOnlyWhatIsMetricsPage) {
  const char* const source = std::getenv("RW_SOURCE_DIR");
  if (source == nullptr) GTEST_SKIP() << "RW_SOURCE_DIR names no tree";
  std::ifstream file(std::string(source) + "/configs/ropewalk-alerts.yml");
  std::stringstream text;
  text << file.rdbuf();
  const std::string alerts = text.str();
  ASSERT_TRUE(cluster_.start(0));
  auto bad = monitor();
  bad.send("nonsense\r\n\r\n");
  EXPECT_EQ(bad.read().status, 400);
  const MetricsPage shown = scrape();
  int names = 0;
  for (std::size_t at = alerts.find("ropewalk_"); at != std::string::npos;
       at = alerts.find("ropewalk_", at + 1)) {
    std::string name = alerts.substr(at, alerts.find_first_of(" []{}()<>=\n", at) - at);
    if (name.ends_with("_bucket")) name.erase(name.size() - 7);
    EXPECT_TRUE(shown.types.contains(name)) << name;
    names++;
  }
  EXPECT_GT(names, 8);
}

// No label is what a client names: whatever is created, the page does not grow.
TEST_F(BrokerMetrics, TopicsAddNoSeries) {
  ASSERT_TRUE(cluster_.start(0));
  create_topic("first");
  produce("first", 1);
  const MetricsPage before = scrape();
  for (int i = 0; i < 20; i++) {
    create_topic("topic-" + std::to_string(i));
    produce("topic-" + std::to_string(i), 1);
  }
  const MetricsPage after = scrape();
  EXPECT_EQ(after.samples.size(), before.samples.size());
  EXPECT_EQ(after.samples.at("ropewalk_leaders") - before.samples.at("ropewalk_leaders"), 20);
}

// C15: seconds taken for milliseconds, in a topic that keeps records for a week.
TEST_F(BrokerMetrics, CountsRecordsThatGoByTheirOwnTimesAtOnce) {
  ASSERT_TRUE(cluster_.start(0));
  create_topic("orders");
  Producer producer(cluster_.client(), {});
  for (int i = 0; i < 3; i++)
    ASSERT_TRUE(producer
                    .send({.topic = "orders",
                           .value = "value",
                           .timestamp = Timestamp(std::chrono::milliseconds(1'700'000'000))})
                    .wait());
  constexpr auto kEarly = "ropewalk_log_removed_early_records_total{data_dir=\"/data\"}";
  EXPECT_EQ(scrape().samples.at(kEarly), 0);
  cluster_.world().run_for(std::chrono::minutes(11));
  EXPECT_EQ(scrape().samples.at(kEarly), 3);
}

TEST_F(BrokerMetrics, CountsWhatIsProducedAndFetched) {
  ASSERT_TRUE(cluster_.start(0));
  create_topic("orders");
  const MetricsPage before = scrape();
  produce("orders", 30);
  consume("orders", 30);
  const MetricsPage after = scrape();
  const auto moved = [&](const std::string& name) {
    return after.samples.at(name) - before.samples.at(name);
  };
  EXPECT_EQ(moved("ropewalk_produced_records_total"), 30);
  EXPECT_GE(moved("ropewalk_produced_batches_total"), 1);
  EXPECT_LE(moved("ropewalk_produced_batches_total"), 30);
  EXPECT_GT(moved("ropewalk_produced_bytes_total"), 30);
  EXPECT_EQ(moved("ropewalk_fetched_bytes_total"), moved("ropewalk_produced_bytes_total"));
  EXPECT_EQ(moved("ropewalk_log_appended_bytes_total{data_dir=\"/data\"}"),
            moved("ropewalk_produced_bytes_total"));
  EXPECT_GE(moved("ropewalk_sync_duration_seconds_count{data_dir=\"/data\"}"), 1);
  const std::string produces = "{listener=\"native\",api=\"produce\"}";
  EXPECT_GE(moved("ropewalk_requests_total" + produces), 1);
  EXPECT_EQ(moved("ropewalk_request_duration_seconds_count" + produces),
            moved("ropewalk_requests_total" + produces));
  EXPECT_GT(moved("ropewalk_request_duration_seconds_sum" + produces), 0);
  EXPECT_EQ(after.samples.at("ropewalk_budget_used_bytes{budget=\"produce\"}"), 0);
  EXPECT_EQ(after.samples.at("ropewalk_replicas{state=\"open\"}"), 1);
}

TEST_F(BrokerMetrics, ShowsAReplicaWhoseDiskHasFailed) {
  ASSERT_TRUE(cluster_.start(0));
  create_topic("orders");
  produce("orders", 1);
  cluster_.disk(0).faults.sync_error = 1;
  Producer producer(cluster_.client(), {});
  auto delivery = producer.send({.topic = "orders", .value = "lost"});
  std::ignore = delivery.wait();
  const MetricsPage shown = scrape();
  EXPECT_EQ(shown.samples.at("ropewalk_replicas{state=\"failed\"}"), 1);
  EXPECT_EQ(shown.samples.at("ropewalk_leaders"), 0);
  EXPECT_EQ(shown.samples.at("ropewalk_sync_failures_total{data_dir=\"/data\"}"), 1);
  EXPECT_GE(shown.samples.at("ropewalk_request_errors_total{listener=\"native\",api=\"produce\","
                             "error=\"kafka_storage_error\"}"),
            1);
}

TEST_F(BrokerMetrics, ShowsADiskBelowItsFloor) {
  ASSERT_TRUE(cluster_.start(0));
  create_topic("orders");
  sim::Disk& disk = cluster_.disk(0);
  EXPECT_EQ(scrape().samples.at("ropewalk_disk_below_floor{data_dir=\"/data\"}"), 0);
  disk.faults.capacity_bytes = disk.used_bytes() + (100 << 20);
  cluster_.world().run_for(std::chrono::seconds(3));
  const MetricsPage shown = scrape();
  EXPECT_EQ(shown.samples.at("ropewalk_disk_below_floor{data_dir=\"/data\"}"), 1);
  EXPECT_LE(shown.samples.at("ropewalk_disk_free_bytes{data_dir=\"/data\"}"), 100 << 20);
  EXPECT_EQ(shown.samples.at("ropewalk_disk_reserve_held{data_dir=\"/data\"}"), 1);
}

}  // namespace
}  // namespace ropewalk::testing
