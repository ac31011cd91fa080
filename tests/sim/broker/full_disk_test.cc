// A disk that fills up while records are appended, segments roll, retention works, records and
// topics are deleted, topics made and settings changed: what was answered holds, the broker starts
// on the full disk, serves reads and deletes there, and goes on when there is room again.
#include <cstdio>
#include <cstdlib>
#include <map>
#include <optional>
#include <set>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "broker/testing/sim_cluster.h"
#include "common/uuid.h"
#include "ropewalk/admin.h"
#include "ropewalk/consumer.h"
#include "ropewalk/producer.h"

namespace ropewalk::testing {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kSeeds = 24;
constexpr std::int32_t kPartitions = 2;
constexpr auto kRetentionLooks = 6min;

enum class Under { appends, retention, deleted_records, deleted_topic, new_topic, settings, count };

class FullDiskRun {
 public:
  explicit FullDiskRun(std::uint64_t seed)
      : random_(sim::derive_seed(seed, "full disk")),
        under_(static_cast<Under>(seed % static_cast<std::uint64_t>(Under::count))),
        cluster_({.seed = seed, .segment_bytes = std::int64_t{16 << 10}}),
        admin_(cluster_.client()) {}

  void run() {
    ASSERT_TRUE(cluster_.start(0));
    for (const char* name : {"orders", "spare"}) {
      const auto made = admin_.create_topic({.name = name, .partitions = kPartitions});
      ASSERT_TRUE(made) << to_string(made.error());
    }
    const auto set =
        admin_.set_topic_config("orders", {{"retention.ms", "-1"}, {"retention.bytes", "60000"}});
    ASSERT_TRUE(set) << to_string(set.error());
    send(150);
    fill_up();
    do_it();
    crash();
    ASSERT_NO_FATAL_FAILURE(start_on_the_full_disk());
    make_room();
    send(40);
    ASSERT_NO_FATAL_FAILURE(check());
    EXPECT_GT(acked_after_, 0) << "it did not go on when there was room again";
    cluster_.power_cut(0);
    ASSERT_TRUE(cluster_.start(0));
    check();
    check_files();
  }

 private:
  sim::Disk& disk() { return cluster_.disk(0); }

  void send(int records) {
    ProducerOptions options;
    options.batch_bytes = 2000;
    options.delivery_timeout = 20s;
    Producer producer(cluster_.client(), options);
    for (int i = 0; i < records; i++) {
      const auto partition = static_cast<std::int32_t>(i % kPartitions);
      const std::string value =
          fmt::format("{}/{}{}", partition, sent_++, std::string(200 + random_.below(1200), '.'));
      producer.send({.topic = "orders", .value = value, .partition = partition})
          .then([this, value](const Result<Delivered>& delivered) {
            if (!delivered) return;
            acked_[delivered->partition.partition][delivered->offset] = value;
            if (!full_ && filled_) acked_after_++;
          });
    }
    std::ignore = producer.close(60s);
  }

  // With room for a part of what is next, or for nothing.
  void fill_up() {
    filled_ = full_ = true;
    disk().faults.capacity_bytes = disk().used_bytes() + random_.below(3) * random_.below(6000);
  }
  void make_room() {
    full_ = false;
    disk().faults.capacity_bytes = std::uint64_t{1} << 40;
    cluster_.world().run_for(1min);  // It looks from time to time.
  }

  void do_it() {
    switch (under_) {
      case Under::appends:
        send(60);
        break;
      case Under::retention:
        cluster_.world().run_for(kRetentionLooks);
        break;
      case Under::deleted_records: {
        const auto deleted = admin_.delete_records({{.partition = {"orders", 0}, .before = {}}});
        if (deleted) begin_ = deleted->front().begin;
        break;
      }
      case Under::deleted_topic:
        spare_gone_ = admin_.delete_topic("spare").has_value();
        spare_perhaps_ = true;
        break;
      case Under::new_topic:
        made_ = admin_.create_topic({.name = "new", .partitions = kPartitions}).has_value();
        break;
      case Under::settings:
        set_ = admin_.set_topic_config("orders", {{"max.message.bytes", "777777"}}).has_value();
        break;
      case Under::count:
        break;
    }
    cluster_.world().run_for(std::chrono::microseconds(random_.below(200'000)));
  }

  void crash() {
    switch (random_.below(3)) {
      case 0:
        cluster_.stop(0);
        break;
      case 1:
        cluster_.kill(0);
        break;
      default:
        cluster_.power_cut(0);
        break;
    }
    // What the crash gave back does not count: nothing is free now.
    disk().faults.capacity_bytes = disk().used_bytes();
  }

  void start_on_the_full_disk() {
    const auto started = cluster_.start(0);
    ASSERT_TRUE(started) << to_string(started.error());
    check();
    if (spare_perhaps_ && !topics().contains("spare")) return;
    const auto removed = admin_.delete_topic("spare");
    ASSERT_TRUE(removed) << "on the full disk: " << to_string(removed.error());
    spare_gone_ = spare_perhaps_ = true;
  }

  std::map<std::string, DescribedTopic> topics() {
    std::map<std::string, DescribedTopic> all;
    const auto listed = admin_.list_topics();
    EXPECT_TRUE(listed) << to_string(listed.error());
    if (listed)
      for (const DescribedTopic& topic : *listed) all[topic.name] = topic;
    return all;
  }

  void check() {
    const auto all = topics();
    ASSERT_TRUE(all.contains("orders"));
    if (spare_gone_) EXPECT_FALSE(all.contains("spare"));
    if (!spare_perhaps_) EXPECT_TRUE(all.contains("spare"));
    if (made_) EXPECT_TRUE(all.contains("new"));
    for (const DescribedSetting& setting : all.at("orders").settings)
      if (set_ && setting.name == "max.message.bytes") EXPECT_EQ(setting.value, "777777");
    for (std::int32_t partition = 0; partition < kPartitions; partition++) check(partition);
  }

  void check(std::int32_t partition) {
    SCOPED_TRACE(fmt::format("partition {}", partition));
    Consumer consumer(cluster_.client());
    const PartitionName name{"orders", partition};
    const auto begins = consumer.beginning_offsets({name});
    const auto ends = consumer.end_offsets({name});
    ASSERT_TRUE(begins) << to_string(begins.error());
    ASSERT_TRUE(ends) << to_string(ends.error());
    if (partition == 0) EXPECT_GE(begins->front(), begin_);
    ASSERT_TRUE(consumer.assign({name}));
    std::map<std::int64_t, std::string> stored;
    std::int64_t next = begins->front();
    for (int polls = 0; next < ends->front() && polls < 1000; polls++) {
      const auto records = consumer.poll(1s);
      ASSERT_TRUE(records) << to_string(records.error());
      for (const ConsumedRecord& record : *records) {
        EXPECT_EQ(record.offset, next);
        stored[record.offset] = record.value.value_or("");
        next = record.offset + 1;
      }
    }
    EXPECT_EQ(next, ends->front());
    for (const auto& [offset, value] : acked_[partition])
      if (offset >= begins->front())
        ASSERT_EQ(stored[offset], value) << "acknowledged at " << offset;
  }

  void check_files() {
    cluster_.world().run_for(1min);
    std::set<std::string> folders;
    for (const auto& [name, topic] : topics())
      folders.insert(Uuid::from_base64(topic.topic_id).value().to_hex());
    for (const std::string& path : disk().paths()) {
      if (!path.starts_with("partitions/")) continue;
      EXPECT_TRUE(folders.contains(path.substr(11, 32))) << path << " belongs to nobody";
    }
  }

  env::Random random_;
  const Under under_;
  SimCluster cluster_;
  Admin admin_;
  std::map<std::int32_t, std::map<std::int64_t, std::string>> acked_;
  int sent_ = 0;
  int acked_after_ = 0;
  std::int64_t begin_ = 0;
  bool filled_ = false;
  bool full_ = false;
  bool spare_gone_ = false;
  bool spare_perhaps_ = false;
  bool made_ = false;
  bool set_ = false;
};

TEST(BrokerFullDisk, HoldsWhatItAnsweredAndStartsOnIt) {
  const std::uint64_t only = sim::seed_from_environment(0);
  const std::uint64_t first = only != 0 ? only : 1;
  const std::uint64_t count = only != 0 ? 1 : kSeeds;
  for (std::uint64_t seed = first; seed < first + count && !HasFailure(); seed++) {
    SCOPED_TRACE(fmt::format("replay with RW_SEED={}, the disk full under {}", seed,
                             seed % static_cast<std::uint64_t>(Under::count)));
    FullDiskRun(seed).run();
  }
}

}  // namespace
}  // namespace ropewalk::testing
