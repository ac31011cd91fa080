// One data directory fails: its partitions do, the others go on, and everybody is told why.
#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/testing/sim_cluster.h"
#include "ropewalk/admin.h"
#include "ropewalk/consumer.h"
#include "ropewalk/producer.h"
#include "tests/support/http_peer.h"

namespace ropewalk::testing {
namespace {

using ::testing::HasSubstr;

constexpr std::int32_t kPartitions = 6;

class FailedDirectory : public ::testing::Test {
 protected:
  void create_topic(const std::string& name) {
    auto created = admin_.create_topic({.name = name, .partitions = kPartitions});
    ASSERT_TRUE(created) << to_string(created.error());
  }
  Result<Delivered> produce(const std::string& topic, std::int32_t partition) {
    ProducerOptions options;
    options.delivery_timeout = std::chrono::seconds(5);
    Producer producer(cluster_.client(), options);
    return producer.send({.topic = topic, .value = "value", .partition = partition}).wait();
  }
  // The partitions that take a record.
  std::set<std::int32_t> taking(const std::string& topic) {
    std::set<std::int32_t> those;
    for (std::int32_t partition = 0; partition < kPartitions; partition++)
      if (produce(topic, partition)) those.insert(partition);
    return those;
  }
  DescribedTopic describe(const std::string& topic) {
    auto described = admin_.describe_topics({topic});
    EXPECT_TRUE(described) << to_string(described.error());
    return described->at(0);
  }
  std::string metrics() {
    support::HttpPeer peer(cluster_.world(), cluster_.world().node("client"), {"broker-1", 9644});
    return peer.get("/metrics").body;
  }
  std::size_t stored(const std::string& topic) {
    Consumer consumer(cluster_.client());
    EXPECT_TRUE(consumer.assign_topic(topic));
    std::size_t count = 0;
    for (int polls = 0; polls < 10; polls++)
      if (const auto polled = consumer.poll(std::chrono::seconds(1))) count += polled->size();
    return count;
  }

  SimCluster cluster_{{.seed = 11, .directories = 2}};
  Admin admin_{cluster_.client()};
};

TEST_F(FailedDirectory, TakesItsPartitionsWithItAndNoOthers) {
  ASSERT_TRUE(cluster_.start(0));
  create_topic("orders");
  ASSERT_EQ(taking("orders").size(), std::size_t{kPartitions});
  EXPECT_THAT(metrics(), HasSubstr("ropewalk_data_dir_offline{data_dir=\"/data-2\"} 0\n"));

  cluster_.disk(0, 1).faults.sync_error = 1;
  const auto left = taking("orders");
  EXPECT_EQ(left.size(), std::size_t{kPartitions / 2});
  cluster_.disk(0, 1).faults.sync_error = 0;
  EXPECT_EQ(taking("orders"), left) << "a sync that failed is never tried again";

  EXPECT_FALSE(cluster_.failure(0));
  const std::string shown = metrics();
  EXPECT_THAT(shown, HasSubstr("ropewalk_data_dir_offline{data_dir=\"/data-2\"} 1\n"));
  EXPECT_THAT(shown, HasSubstr("ropewalk_data_dir_offline{data_dir=\"/data\"} 0\n"));
  EXPECT_THAT(shown, HasSubstr("ropewalk_replicas{state=\"failed\"} 3\n"));
  for (const DescribedPartition& partition : describe("orders").partitions) {
    const bool lost = !left.contains(partition.partition);
    EXPECT_EQ(partition.leader, lost ? -1 : 1);
    EXPECT_EQ(partition.offline_replicas.size(), lost ? 1u : 0u);
    if (!lost) {
      EXPECT_EQ(partition.problem, "");
      continue;
    }
    EXPECT_THAT(partition.problem, HasSubstr("data_dir /data-2 has failed"));
  }
}

TEST_F(FailedDirectory, GetsNoNewPartitionsAndIsBackAfterARestart) {
  ASSERT_TRUE(cluster_.start(0));
  create_topic("orders");
  ASSERT_EQ(taking("orders").size(), std::size_t{kPartitions});
  cluster_.disk(0, 1).faults.sync_error = 1;
  std::ignore = taking("orders");
  create_topic("later");
  EXPECT_EQ(taking("later").size(), std::size_t{kPartitions});

  cluster_.stop(0);
  cluster_.disk(0, 1).faults.sync_error = 0;
  ASSERT_TRUE(cluster_.start(0));
  EXPECT_GE(stored("orders"), std::size_t{kPartitions + kPartitions / 2});
  EXPECT_EQ(stored("later"), std::size_t{kPartitions});
  EXPECT_EQ(taking("orders").size(), std::size_t{kPartitions});
  EXPECT_EQ(taking("later").size(), std::size_t{kPartitions});
}

TEST_F(FailedDirectory, AWriteThatFailsIsTheSame) {
  ASSERT_TRUE(cluster_.start(0));
  create_topic("orders");
  ASSERT_EQ(taking("orders").size(), std::size_t{kPartitions});
  cluster_.disk(0, 1).faults.write_error = 1;
  EXPECT_EQ(taking("orders").size(), std::size_t{kPartitions / 2});
  EXPECT_THAT(metrics(), HasSubstr("ropewalk_data_dir_offline{data_dir=\"/data-2\"} 1\n"));
}

TEST_F(FailedDirectory, TheOneWithTheMetadataEndsTheBroker) {
  ASSERT_TRUE(cluster_.start(0));
  create_topic("orders");
  ASSERT_EQ(taking("orders").size(), std::size_t{kPartitions});
  cluster_.disk(0, 0).faults.sync_error = 1;
  std::ignore = taking("orders");
  ASSERT_TRUE(cluster_.failure(0));
  EXPECT_THAT(cluster_.failure(0)->context, HasSubstr("data_dir /data has failed"));
  EXPECT_THAT(cluster_.failure(0)->context, HasSubstr("metadata of the cluster"));
}

// Its journal cannot be read, so that the broker knows its replicas from the metadata alone.
TEST_F(FailedDirectory, OneThatIsDeadAtTheStartIsLeftOut) {
  ASSERT_TRUE(cluster_.start(0));
  create_topic("orders");
  ASSERT_EQ(taking("orders").size(), std::size_t{kPartitions});
  const std::string whole = describe("orders").partitions.at(0).problem;
  EXPECT_EQ(whole, "");
  cluster_.stop(0);

  cluster_.disk(0, 1).faults.read_error = 1;
  ASSERT_TRUE(cluster_.start(0));
  const auto left = taking("orders");
  EXPECT_EQ(left.size(), std::size_t{kPartitions / 2});
  EXPECT_THAT(metrics(), HasSubstr("ropewalk_data_dir_offline{data_dir=\"/data-2\"} 1\n"));
  for (const DescribedPartition& partition : describe("orders").partitions) {
    const bool lost = !left.contains(partition.partition);
    EXPECT_EQ(partition.leader, lost ? -1 : 1);
    EXPECT_EQ(partition.offline_replicas.size(), lost ? 1u : 0u);
    EXPECT_THAT(partition.problem,
                lost ? HasSubstr("data_dir /data-2 cannot be used: ") : HasSubstr(""));
  }
  create_topic("later");
  EXPECT_EQ(taking("later").size(), std::size_t{kPartitions});
  cluster_.stop(0);

  cluster_.disk(0, 1).faults.read_error = 0;
  ASSERT_TRUE(cluster_.start(0));
  EXPECT_EQ(taking("orders").size(), std::size_t{kPartitions});
  EXPECT_EQ(stored("orders"), std::size_t{2 * kPartitions + kPartitions / 2});
  EXPECT_EQ(stored("later"), std::size_t{kPartitions});
}

// As when a disk was not mounted, or another is in its place.
TEST_F(FailedDirectory, OneThatIsAnotherNowIsNamedAsMissing) {
  ASSERT_TRUE(cluster_.start(0));
  create_topic("orders");
  cluster_.stop(0);
  const auto paths = cluster_.disk(0, 1).paths();
  for (auto path = paths.rbegin(); path != paths.rend(); ++path)  // What is inside first.
    ASSERT_TRUE(cluster_.disk(0, 1).remove(*path)) << *path;
  const auto again = cluster_.start(0);
  ASSERT_TRUE(again) << to_string(again.error());
  int missing = 0;
  for (const DescribedPartition& partition : describe("orders").partitions)
    if (partition.problem.contains("broker 1 is without the data directory ")) missing++;
  EXPECT_EQ(missing, kPartitions / 2);
}

}  // namespace
}  // namespace ropewalk::testing
