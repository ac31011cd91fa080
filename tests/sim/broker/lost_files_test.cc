// What a broker does when its disk has lost whole files: it says so, and begins nothing anew.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/testing/sim_cluster.h"
#include "common/log.h"
#include "ropewalk/admin.h"
#include "ropewalk/consumer.h"
#include "ropewalk/producer.h"

namespace ropewalk::testing {
namespace {

using ::testing::HasSubstr;

TEST(BrokerLostFiles, AQuorumThatWasThereIsNotReplacedByAnEmptyOne) {
  SimCluster cluster({.seed = 3});
  ASSERT_TRUE(cluster.start(0));
  cluster.stop(0);
  sim::Disk& quorum = cluster.node(0).disk("/data/quorum");
  ASSERT_FALSE(quorum.files().empty());
  for (const std::string& file : quorum.files()) ASSERT_TRUE(quorum.remove(file));
  const auto started = cluster.start(0);
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, Errc::not_found);
  EXPECT_THAT(started.error().context, HasSubstr("Bring the folder back"));
  cluster.kill(0);
}

TEST(BrokerLostFiles, AStartThatWasKilledBeforeItHadAQuorumBeginsAgain) {
  // Somewhere in the first milliseconds there is a directory without a quorum.
  for (int cut = 0; cut < 20; cut++) {
    SimCluster cluster({.seed = static_cast<std::uint64_t>(cut) + 1});
    cluster.begin_start(0);
    cluster.world().run_for(std::chrono::microseconds(1000 * cut));
    cluster.power_cut(0);
    const auto started = cluster.start(0);
    ASSERT_TRUE(started) << cut << to_string(started.error());
  }
}

// All files of a disk, to be put back.
using Files = std::map<std::string, std::string>;

Files files_of(const sim::Disk& disk) {
  Files files;
  for (const std::string& path : disk.files()) files[path] = disk.content(path).value();
  return files;
}
void put(sim::Disk& disk, const std::string& path, const std::string& content) {
  auto file = disk.find(path);
  if (!file) {
    const std::size_t slash = path.rfind('/');
    if (slash != path.npos) ASSERT_TRUE(disk.make_directories(path.substr(0, slash)));
    file = disk.create(path);
  }
  ASSERT_TRUE(file) << path;
  if (as_text((*file)->bytes()) == content) return;
  (*file)->resize(0);
  (*file)->write(0, as_bytes(content));
}
void put_back(sim::Disk& disk, const Files& files) {
  for (const std::string& path : disk.files())
    if (!files.contains(path)) ASSERT_TRUE(disk.remove(path));
  for (const auto& [path, content] : files) put(disk, path, content);
}

// Every topic with its records.
std::string all_records(Client& client) {
  std::string all;
  for (const DescribedTopic& topic : Admin(client).list_topics().value()) {
    Consumer consumer(client);
    EXPECT_TRUE(consumer.assign({{topic.name, 0}}));
    const auto end = consumer.end_offsets({{topic.name, 0}});
    all += fmt::format("{}: ", topic.name);
    if (!end) {
      all += fmt::format("{} ", end.error());
      continue;
    }
    for (int polls = 0; polls < 20 && consumer.position({topic.name, 0}).value() < end->at(0);
         polls++)
      for (const ConsumedRecord& record : consumer.poll(std::chrono::seconds(10)).value())
        all += fmt::format("{}={} ", record.offset, *record.value);
  }
  return all;
}

// C27: each file of a broker but the segments, missing, empty, cut in half, zeroed, or as it was
// before. It is made again and all answers are the same, or the start fails and names the file.
TEST(BrokerLostFiles, EachFileIsMadeAgainOrNamed) {
  SimCluster cluster({.seed = 7});
  ASSERT_TRUE(cluster.start(0));
  const auto fill = [&](const std::string& topic) {
    ASSERT_TRUE(Admin(cluster.client()).create_topic({.name = topic, .partitions = 1}));
    Producer producer(cluster.client(), {});
    for (int i = 0; i < 20; i++)
      (void)producer.send({.topic = topic, .value = topic + std::to_string(i)});
    ASSERT_TRUE(producer.close(std::chrono::seconds(60)));
  };
  const std::vector<std::string> roots{"/data", "/data/quorum"};
  const auto stopped = [&] {
    cluster.stop(0);
    std::map<std::string, Files> files;
    for (const std::string& root : roots) files[root] = files_of(cluster.node(0).disk(root));
    return files;
  };
  fill("first");
  auto old = stopped();
  ASSERT_TRUE(cluster.start(0));
  fill("second");
  const std::string expected = all_records(cluster.client());
  auto good = stopped();

  int refused = 0;
  int served = 0;
  for (const std::string& root : roots) {
    sim::Disk& disk = cluster.node(0).disk(root);
    for (const auto& [path, content] : good[root]) {
      if (path.ends_with(".log")) continue;
      std::vector<std::optional<std::string>> versions{std::nullopt, "",
                                                       content.substr(0, content.size() / 2),
                                                       std::string(content.size(), '\0')};
      if (old[root].contains(path)) versions.emplace_back(old[root][path]);
      for (std::size_t version = 0; version < versions.size(); version++) {
        for (const std::string& other : roots) put_back(cluster.node(0).disk(other), good[other]);
        if (versions[version])
          put(disk, path, *versions[version]);
        else
          ASSERT_TRUE(disk.remove(path));
        const std::string what = fmt::format("{}/{} version {}", root, path, version);
        const auto started = cluster.start(0);
        if (started) {
          served++;
          EXPECT_EQ(all_records(cluster.client()), expected) << what;
        } else {
          refused++;
          EXPECT_THAT(started.error().context, HasSubstr(path.substr(path.rfind('/') + 1))) << what;
        }
        cluster.kill(0);
      }
    }
  }
  EXPECT_GT(served, 10);
  EXPECT_GT(refused, 4);
}

// C27: a segment is what nobody can make again: its partition is lost, and named in one line; the
// others are served.
TEST(BrokerLostFiles, ADamagedSegmentTakesItsPartitionOnly) {
  SimCluster cluster({.seed = 8});
  ASSERT_TRUE(cluster.start(0));
  for (const std::string topic : {"first", "second"}) {
    ASSERT_TRUE(Admin(cluster.client()).create_topic({.name = topic, .partitions = 1}));
    Producer producer(cluster.client(), {});
    ASSERT_TRUE(producer.send({.topic = topic, .value = topic}).wait(std::chrono::seconds(60)));
  }
  cluster.world().run_for(std::chrono::seconds(5));  // Quiet: all of it is recorded as durable.
  cluster.kill(0);
  std::string damaged;
  for (const std::string& file : cluster.disk(0).files())
    if (file.ends_with(".log")) damaged = file;
  ASSERT_TRUE(cluster.disk(0).flip_bit(damaged, cluster.disk(0).content(damaged)->size() - 1));
  std::vector<std::string> errors;
  set_log_sink([&](std::string_view line) {
    if (line.find("error") != line.npos) errors.emplace_back(line);
  });
  ASSERT_TRUE(cluster.start(0));
  int served = 0;
  for (const std::string topic : {"first", "second"}) {
    Consumer consumer(cluster.client());
    ASSERT_TRUE(consumer.assign({{topic, 0}}));
    const auto records = consumer.poll(std::chrono::seconds(30));
    served += records && records->size() == 1 ? 1 : 0;
  }
  set_log_sink({});
  EXPECT_EQ(served, 1);
  ASSERT_EQ(errors.size(), 1u) << fmt::format("{}", fmt::join(errors, "\n"));
  EXPECT_THAT(errors[0], HasSubstr(damaged.substr(damaged.rfind('/') + 1)));
  cluster.kill(0);
}

// C52: the words for a volume that is mounted read-only.
TEST(BrokerLostFiles, AReadOnlyDirectoryIsNamed) {
  SimCluster cluster({.seed = 9});
  ASSERT_TRUE(cluster.start(0));
  cluster.stop(0);
  cluster.disk(0).faults.read_only = true;
  const auto started = cluster.start(0);
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().context, HasSubstr("/data"));
  cluster.kill(0);
}

}  // namespace
}  // namespace ropewalk::testing
