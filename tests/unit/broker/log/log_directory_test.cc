#include "broker/log/log_directory.h"

#include "tests/unit/broker/log/log_rig.h"

namespace ropewalk::log {
namespace {

using namespace std::chrono_literals;

class LogDirectoryTest : public testing::Test {
 protected:
  ~LogDirectoryTest() override { end_process(); }
  void end_process() {
    node_.kill();
    directory_.reset();
    files_.reset();
  }
  Result<void> open() {
    files_ = node_.environment().open_file_system({"/d"}).value();
    auto opened =
        world_.run(core(), LogDirectory::open(node_.environment(), *files_, core(), options_));
    if (!opened) return std::unexpected(opened.error());
    directory_ = std::move(*opened);
    return {};
  }
  void reopen() {
    end_process();
    const auto opened = open();
    ASSERT_TRUE(opened) << to_string(opened.error());
  }
  env::Core& core() { return node_.environment().core(0); }
  Result<RecoveryReport> open_partition(TopicPartition partition) {
    return world_.run(core(), directory_->open_partition(partition, RecoveryOptions{}));
  }
  // One record, durable.
  void write_one(TopicPartition partition) {
    auto report = open_partition(partition);
    ASSERT_TRUE(report) << to_string(report.error());
    auto owner = std::make_shared<LogOwner>(node_.environment());
    auto enter = [weak = std::weak_ptr(owner)](env::Job job) {
      if (auto strong = weak.lock()) strong->serial().enter(std::move(job));
    };
    owner->log = PartitionLog::make(directory_->place_of(partition, enter), LogOptions{},
                                    report->log, *owner);
    core().post([owner] {
      owner->serial().enter([owner] {
        owner->log->append(
            StampedBatch::stamp(make_batch(1, 10), owner->log->next_offset(), LeaderEpoch(1))
                .value());
      });
    });
    const Offset wanted = report->log.log_end + 1;
    ASSERT_TRUE(world_.run_until([&] { return owner->log->durable_end() == wanted; },
                                 std::chrono::seconds(10)));
  }

  Task<void> remove_and_tell(TopicPartition partition, std::vector<std::string>& failures,
                             std::size_t& ended) {
    const auto removed = co_await directory_->remove_partition(partition);
    if (!removed) failures.push_back(to_string(removed.error()));
    ended++;
  }

  sim::Simulation world_{3};
  sim::Node& node_ = world_.add_node("a");
  LogDirectoryOptions options_{
      {ClusterId(Uuid::from_hex(std::string(32, '1')).value()), BrokerId(4), DirectoryId()},
      true,
      16,
      {.reserve_bytes = 100000}};
  std::unique_ptr<env::FileSystem> files_;
  std::unique_ptr<LogDirectory> directory_;
};

TEST_F(LogDirectoryTest, IsFormattedOnceAndKeepsItsId) {
  ASSERT_TRUE(open());
  const DirectoryId id = directory_->meta().directory;
  EXPECT_FALSE(id.is_none());
  EXPECT_EQ(node_.disk("/d").content("reserve")->size(), 100000U);
  options_.may_format = false;
  reopen();
  EXPECT_EQ(directory_->meta().directory, id);
}

TEST_F(LogDirectoryTest, AnEmptyOneIsNotFormattedUnasked) {
  options_.may_format = false;
  EXPECT_EQ(open().error().code, Errc::not_found);
}

TEST_F(LogDirectoryTest, AnotherBrokersIsRefusedNamingBoth) {
  ASSERT_TRUE(open());
  end_process();
  options_.expected.broker = BrokerId(5);
  const auto opened = open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::wrong_owner);
  EXPECT_NE(opened.error().context.find("broker 4"), std::string::npos);
  EXPECT_NE(opened.error().context.find("broker 5"), std::string::npos);
}

TEST_F(LogDirectoryTest, ALivingProcessKeepsItLocked) {
  ASSERT_TRUE(open());
  auto second = node_.environment().open_file_system({"/d"}).value();
  auto opened =
      world_.run(core(), LogDirectory::open(node_.environment(), *second, core(), options_));
  EXPECT_EQ(opened.error().code, Errc::wrong_owner);
}

TEST_F(LogDirectoryTest, CleanStopIsSeenOnce) {
  const CleanStop marker{IncarnationId(Uuid::from_hex(std::string(32, '7')).value()),
                         BrokerEpoch(12)};
  ASSERT_TRUE(open());
  EXPECT_FALSE(directory_->last_clean_stop());
  ASSERT_TRUE(world_.run(core(), directory_->write_clean_stop(marker)));
  reopen();
  EXPECT_EQ(directory_->last_clean_stop(), marker);
  node_.power_cut();
  reopen();
  EXPECT_FALSE(directory_->last_clean_stop());
}

TEST_F(LogDirectoryTest, AReplicaThatHadDataIsNeverMadeAnew) {
  ASSERT_TRUE(open());
  write_one(kOrders);
  EXPECT_EQ(directory_->replicas().at(kOrders), ReplicaMark::has_data);
  reopen();
  EXPECT_EQ(open_partition(kOrders)->log.log_end, Offset(1));
  for (const std::string& file : node_.disk("/d").files())
    if (file.ends_with(".log")) ASSERT_TRUE(world_.run(core(), files_->remove(file)));
  reopen();
  EXPECT_EQ(open_partition(kOrders).error().code, Errc::damaged_replica);
}

TEST_F(LogDirectoryTest, AnEmptyReplicaIsNew) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(open_partition(kOrders));
  EXPECT_EQ(directory_->replicas().at(kOrders), ReplicaMark::created);
  reopen();
  const auto again = open_partition(kOrders);
  ASSERT_TRUE(again);
  EXPECT_FALSE(again->had_files);
}

// The mark is there, the files are too: nobody else would ever look for them.
TEST_F(LogDirectoryTest, ARemovalThatACrashInterruptedIsFinishedAtTheNextOpen) {
  ASSERT_TRUE(open());
  write_one(kOrders);
  write_one({kOrders.topic, 4});
  {
    auto journal = world_.run(core(), ReplicasJournal::open(*files_, core()));
    ASSERT_TRUE(journal) << to_string(journal.error());
    ASSERT_TRUE(world_.run(core(), (*journal)->mark(kOrders, ReplicaMark::removed)));
  }
  reopen();
  EXPECT_FALSE(node_.disk("/d").is_directory(partition_folder(kOrders)));
  EXPECT_FALSE(directory_->replicas().contains(kOrders));
  const auto other = open_partition({kOrders.topic, 4});
  ASSERT_TRUE(other) << to_string(other.error());
  EXPECT_EQ(other->log.log_end, Offset(1));
}

TEST_F(LogDirectoryTest, RemovedReplicaLeavesNothing) {
  ASSERT_TRUE(open());
  write_one(kOrders);
  ASSERT_TRUE(world_.run(core(), directory_->remove_partition(kOrders)));
  ASSERT_TRUE(world_.run(core(), directory_->remove_partition(kOrders)));
  for (const std::string& file : node_.disk("/d").files())
    EXPECT_FALSE(file.starts_with("partitions/")) << file;
  reopen();
  EXPECT_TRUE(directory_->replicas().empty());
}

// No file may go before the journal says durably that it does: the next life would call it damage.
TEST_F(LogDirectoryTest, ARemovalThatAFullDiskRefusedBeginsAnew) {
  ASSERT_TRUE(open());
  write_one(kOrders);
  sim::DiskFaults& faults = node_.disk("/d").faults;
  faults.copies_on_write = true;
  faults.capacity_bytes = 0;
  const auto remove = [&] { return world_.run(core(), directory_->remove_partition(kOrders)); };
  EXPECT_EQ(remove().error().code, Errc::disk_full);
  EXPECT_EQ(remove().error().code, Errc::disk_full);
  faults.capacity_bytes = std::uint64_t{1} << 40;
  EXPECT_TRUE(remove());
  node_.power_cut();
  reopen();
  EXPECT_FALSE(directory_->replicas().contains(kOrders));
}

// A topic is deleted, and another of its partitions stores its first file, be it the checkpoint at
// its end.
TEST_F(LogDirectoryTest, OneMayBeRemovedWhileAnotherOfItsTopicGetsItsFolder) {
  ASSERT_TRUE(open());
  std::vector<std::string> failures;
  std::size_t ended = 0;
  constexpr std::size_t kRounds = 200;
  for (std::size_t round = 0; round < kRounds; round++) {
    TopicId topic;
    topic.bytes.fill(static_cast<std::uint8_t>(round + 1));
    write_one({topic, 0});
    directory_->tasks().spawn("remove", remove_and_tell({topic, 0}, failures, ended));
    world_.run_for(std::chrono::microseconds(10 * round));
    write_one({topic, 1});
    ASSERT_TRUE(world_.run_until([&] { return ended == round + 1; }, 10s));
    EXPECT_TRUE(node_.disk("/d").is_directory(partition_folder({topic, 1})));
  }
  EXPECT_TRUE(failures.empty()) << failures.size() << " of " << kRounds << ": " << failures[0];
}

TEST_F(LogDirectoryTest, PartitionsOfOneTopicMayBeRemovedAtTheSameTime) {
  ASSERT_TRUE(open());
  std::vector<TopicPartition> all;
  for (int index = 0; index < 8; index++) all.push_back({kOrders.topic, index});
  for (const TopicPartition partition : all) write_one(partition);
  std::vector<std::string> failures;
  std::size_t ended = 0;
  for (const TopicPartition partition : all)
    directory_->tasks().spawn("remove", remove_and_tell(partition, failures, ended));
  ASSERT_TRUE(world_.run_until([&] { return ended == all.size(); }, 10s));
  EXPECT_TRUE(failures.empty()) << failures.front();
}

TEST_F(LogDirectoryTest, WhatIsSetAsideIsNotReadAgain) {
  ASSERT_TRUE(open());
  write_one(kOrders);
  ASSERT_TRUE(world_.run(core(), directory_->set_aside(kOrders)));
  const auto report = open_partition(kOrders);
  ASSERT_TRUE(report) << to_string(report.error());
  EXPECT_FALSE(report->had_files);
}

TEST_F(LogDirectoryTest, TheReserveLetsTheJournalBeWrittenOnAFullDisk) {
  ASSERT_TRUE(open());
  node_.disk("/d").faults.capacity_bytes = node_.disk("/d").used_bytes();
  EXPECT_TRUE(open_partition(kOrders));
  EXPECT_FALSE(node_.disk("/d").content("reserve"));
}

TEST_F(LogDirectoryTest, TheMarkOfACleanStopIsGivenTheReserveOfAFullDisk) {
  ASSERT_TRUE(open());
  sim::Disk& disk = node_.disk("/d");
  disk.faults.capacity_bytes = disk.used_bytes();
  ASSERT_TRUE(world_.run(core(), directory_->write_clean_stop({IncarnationId{}, BrokerEpoch(7)})));
  EXPECT_FALSE(disk.content("reserve"));
  reopen();
  ASSERT_TRUE(directory_->last_clean_stop());
  EXPECT_EQ(directory_->last_clean_stop()->broker_epoch, BrokerEpoch(7));
}

TEST_F(LogDirectoryTest, AFullDiskIsGivenTheReserveAndMakesItAgainOnceThereIsRoom) {
  ASSERT_TRUE(open());
  sim::Disk& disk = node_.disk("/d");
  disk.faults.capacity_bytes = disk.used_bytes() + 10'000;
  world_.run_for(2s);
  EXPECT_EQ(disk.content("reserve")->size(), 12'500U);  // For the next start.
  disk.faults.capacity_bytes = disk.used_bytes() + 150'000;
  world_.run_for(2s);
  EXPECT_EQ(disk.content("reserve")->size(), 12'500U);  // It would be full again.
  disk.faults.capacity_bytes = disk.used_bytes() + 250'000;
  world_.run_for(2s);
  EXPECT_EQ(disk.content("reserve")->size(), 100000U);
}

TEST_F(LogDirectoryTest, StartsWithTheLastPartOfTheReserveWhenOthersFilledTheDisk) {
  ASSERT_TRUE(open());
  sim::Disk& disk = node_.disk("/d");
  disk.faults.capacity_bytes = disk.used_bytes();
  world_.run_for(2s);
  disk.faults.capacity_bytes = disk.used_bytes();
  reopen();
  EXPECT_FALSE(disk.content("reserve"));
  EXPECT_GE(disk.free_bytes(), 12'000U);
}

TEST_F(LogDirectoryTest, EndsInOrderOnADiskThatOthersFilled) {
  ASSERT_TRUE(open());
  sim::Disk& disk = node_.disk("/d");
  disk.faults.capacity_bytes = disk.used_bytes();
  world_.run_for(2s);
  disk.faults.capacity_bytes = disk.used_bytes();
  world_.run(core(), directory_->space().make_room());
  EXPECT_GE(disk.free_bytes(), 12'000U);
}

TEST_F(LogDirectoryTest, IsShortBelowTheFloorAndNotAtOnceAgainAboveIt) {
  options_.space.floor_bytes = 800'000;
  ASSERT_TRUE(open());
  sim::Disk& disk = node_.disk("/d");
  EXPECT_FALSE(directory_->space().is_short());
  disk.faults.capacity_bytes = disk.used_bytes() + 799'999;
  world_.run_for(2s);
  EXPECT_TRUE(directory_->space().is_short());
  EXPECT_EQ(directory_->space().shortage().code, Errc::disk_full);
  EXPECT_THAT(directory_->space().shortage().context, testing::HasSubstr("disk_floor_bytes"));
  disk.faults.capacity_bytes = disk.used_bytes() + 899'999;
  world_.run_for(2s);
  EXPECT_TRUE(directory_->space().is_short());
  disk.faults.capacity_bytes = disk.used_bytes() + 900'000;
  world_.run_for(2s);
  EXPECT_FALSE(directory_->space().is_short());
}

TEST_F(LogDirectoryTest, OpensOnAFullDiskWithoutAReserveAndKnowsItAtOnce) {
  options_.space.floor_bytes = 800'000;
  ASSERT_TRUE(open());
  write_one(kOrders);
  ASSERT_TRUE(world_.run(core(), directory_->space().release_reserve()));
  sim::Disk& disk = node_.disk("/d");
  disk.faults.capacity_bytes = disk.used_bytes();
  reopen();
  EXPECT_TRUE(directory_->space().is_short());
  EXPECT_EQ(directory_->replicas().at(kOrders), ReplicaMark::has_data);
}

TEST_F(LogDirectoryTest, RemembersThatItHoldsAQuorum) {
  ASSERT_TRUE(open());
  EXPECT_FALSE(directory_->meta().quorum_kept);
  ASSERT_TRUE(world_.run(core(), directory_->remember_quorum()));
  reopen();
  EXPECT_TRUE(directory_->meta().quorum_kept);
}

TEST(DirectoryMeta, EveryDamagedByteIsSeen) {
  const DirectoryMeta meta{ClusterId(Uuid::from_hex(std::string(32, '1')).value()), BrokerId(4),
                           DirectoryId(Uuid::from_hex(std::string(32, '2')).value())};
  const std::string good = encode(meta);
  ASSERT_TRUE(decode_directory_meta(good));
  EXPECT_EQ(*decode_directory_meta(good), meta);
  for (std::size_t i = 0; i < good.size(); i++) {
    std::string damaged = good;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    EXPECT_FALSE(decode_directory_meta(damaged)) << i;
    EXPECT_FALSE(decode_directory_meta(good.substr(0, i))) << i;
  }
}

}  // namespace
}  // namespace ropewalk::log
