// What brokers show of the copies that they keep for each other.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "broker/testing/sim_cluster.h"
#include "ropewalk/admin.h"
#include "ropewalk/producer.h"
#include "tests/support/http_peer.h"
#include "tests/support/metrics_page.h"

namespace ropewalk::testing {
namespace {

using namespace std::chrono_literals;

class ClusterMetrics : public ::testing::Test {
 protected:
  double sample(std::size_t broker, const std::string& name) {
    support::HttpPeer peer(cluster_.world(), cluster_.world().node("client"),
                           {"broker-" + std::to_string(broker + 1), 9644});
    const auto page = support::parse_metrics(peer.get("/metrics").body);
    const auto found = page.samples.find(name);
    EXPECT_NE(found, page.samples.end()) << name;
    return found == page.samples.end() ? -1 : found->second;
  }
  double sum(const std::string& name) {
    double total = 0;
    for (std::size_t broker = 0; broker < cluster_.brokers(); broker++)
      if (cluster_.lives(broker)) total += sample(broker, name);
    return total;
  }
  void produce(int records, std::size_t bytes) {
    Producer producer(cluster_.client(), {});
    std::vector<Delivery> sent;
    for (int i = 0; i < records; i++)
      sent.push_back(producer.send({.topic = "orders", .value = std::string(bytes, 'x')}));
    const auto flushed = producer.flush(60s);
    ASSERT_TRUE(flushed) << to_string(flushed.error());
  }

  SimCluster cluster_{{.brokers = 3, .seed = 21}};
  Admin admin_{cluster_.client()};
};

TEST_F(ClusterMetrics, TellOfMissingCopiesUntilTheyAreBack) {
  ASSERT_TRUE(cluster_.start_all());
  ASSERT_TRUE(admin_.create_topic({.name = "orders", .partitions = 4}));
  produce(100, 1000);
  ASSERT_TRUE(cluster_.world().run_until(
      [&] { return sum("ropewalk_replication_received_bytes_total") > 2 * 100 * 1000; }, 30s));
  EXPECT_GE(sum("ropewalk_replication_sent_bytes_total"),
            sum("ropewalk_replication_received_bytes_total"));
  EXPECT_EQ(sum("ropewalk_leaders"), 4);
  EXPECT_GE(sum("ropewalk_peer_connections_total"), 3);
  EXPECT_EQ(sum("ropewalk_under_replicated_partitions"), 0);
  EXPECT_EQ(sum("ropewalk_cluster_partitions"), 3 * 4);
  EXPECT_EQ(sum("ropewalk_cluster_brokers{state=\"active\"}"), 3 * 3);

  const double refused = sample(0, "ropewalk_peer_connections_refused_total") +
                         sample(1, "ropewalk_peer_connections_refused_total");
  cluster_.kill(2);
  ASSERT_TRUE(cluster_.world().run_until(
      [&] { return sum("ropewalk_under_replicated_partitions") == 4; }, 60s));
  EXPECT_EQ(sum("ropewalk_at_min_in_sync_partitions"), 4);
  EXPECT_EQ(sum("ropewalk_under_min_in_sync_partitions"), 0);
  EXPECT_EQ(sum("ropewalk_offline_partitions"), 0);
  EXPECT_GT(sum("ropewalk_peer_connections_refused_total"), refused);
  EXPECT_GE(sum("ropewalk_peer_connection_failures_total"),
            sum("ropewalk_peer_connections_refused_total"));
  produce(100, 1000);

  ASSERT_TRUE(cluster_.start(2));
  ASSERT_TRUE(cluster_.world().run_until(
      [&] { return sum("ropewalk_under_replicated_partitions") == 0; }, 60s));
  EXPECT_GE(sum("ropewalk_in_sync_expands_total"), 4);
  EXPECT_EQ(sum("ropewalk_replica_lag_max_records"), 0);
  EXPECT_GE(sample(2, "ropewalk_replication_received_bytes_total"), 100 * 1000);
}

}  // namespace
}  // namespace ropewalk::testing
