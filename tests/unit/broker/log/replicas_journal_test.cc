#include "broker/log/replicas_journal.h"

#include <gtest/gtest.h>

#include "common/env/sim/simulation.h"

namespace ropewalk::log {
namespace {

TopicPartition partition(std::int32_t index) {
  return {TopicId(Uuid::from_hex(std::string(32, 'e')).value()), index};
}

class ReplicasJournalTest : public testing::Test {
 protected:
  Result<void> open() {
    files_ = node_.environment().open_file_system({"/d"}).value();
    auto opened = world_.run(core(), ReplicasJournal::open(*files_, core()));
    if (!opened) return std::unexpected(opened.error());
    journal_ = std::move(*opened);
    return {};
  }
  void close() {
    journal_.reset();
    files_.reset();
  }
  ~ReplicasJournalTest() override {
    node_.kill();
    close();
  }
  env::Core& core() { return node_.environment().core(0); }
  Result<void> mark(std::int32_t index, ReplicaMark mark) {
    return world_.run(core(), journal_->mark(partition(index), mark));
  }

  sim::Simulation world_{11};
  sim::Node& node_ = world_.add_node("a");
  std::unique_ptr<env::FileSystem> files_;
  std::unique_ptr<ReplicasJournal> journal_;
};

TEST_F(ReplicasJournalTest, MarksSurviveAPowerCut) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(mark(1, ReplicaMark::created));
  ASSERT_TRUE(mark(2, ReplicaMark::has_data));
  ASSERT_TRUE(mark(3, ReplicaMark::created));
  ASSERT_TRUE(mark(3, ReplicaMark::removed));
  node_.power_cut();
  close();
  ASSERT_TRUE(open());
  EXPECT_EQ(journal_->replicas().size(), 2U);
  EXPECT_EQ(journal_->replicas().at(partition(1)), ReplicaMark::created);
  EXPECT_EQ(journal_->replicas().at(partition(2)), ReplicaMark::has_data);
}

TEST_F(ReplicasJournalTest, GoesOnInTheOldFileWhenAFullDiskHasNoRoomForANewOne) {
  ASSERT_TRUE(open());
  for (std::int32_t i = 0; i < 4; i++) ASSERT_TRUE(mark(i, ReplicaMark::created));
  node_.kill();
  close();
  sim::Disk& disk = node_.disk("/d");
  ASSERT_TRUE(disk.flip_bit("replicas", disk.content("replicas")->size() - 1));  // Torn at the end.
  disk.faults.capacity_bytes = disk.used_bytes();

  ASSERT_TRUE(open());
  EXPECT_EQ(journal_->replicas().size(), 3U);
  EXPECT_EQ(disk.files(), std::vector<std::string>{"replicas"});
  ASSERT_TRUE(mark(7, ReplicaMark::created));  // In place of what was torn.
  node_.kill();
  close();

  ASSERT_TRUE(open());
  EXPECT_EQ(journal_->replicas().size(), 4U);
  EXPECT_TRUE(journal_->replicas().contains(partition(7)));
}

TEST_F(ReplicasJournalTest, ATornLastGroupIsDroppedAndEarlierDamageIsNot) {
  ASSERT_TRUE(open());
  for (std::int32_t i = 0; i < 4; i++) ASSERT_TRUE(mark(i, ReplicaMark::created));
  node_.kill();
  close();
  const std::uint64_t size = node_.disk("/d").content("replicas")->size();
  ASSERT_TRUE(node_.disk("/d").flip_bit("replicas", size - 5));
  ASSERT_TRUE(open());
  EXPECT_EQ(journal_->replicas().size(), 3U);
  node_.kill();
  close();
  // All are of the compact start now: nothing in there can be torn.
  ASSERT_TRUE(node_.disk("/d").flip_bit("replicas", 25));
  EXPECT_EQ(open().error().code, Errc::corrupt);
}

TEST_F(ReplicasJournalTest, PowerCutsInTheMiddleNeverSpoilIt) {
  for (int life = 0; life < 40; life++) {
    const auto opened = open();
    ASSERT_TRUE(opened) << life << to_string(opened.error());
    std::int32_t durable = 0;
    // Many at once, so that groups are large.
    for (std::int32_t i = 0; i < 60; i++)
      boost::asio::co_spawn(core().executor(), journal_->mark(partition(i), ReplicaMark::created),
                            [&durable](std::exception_ptr, Result<void> outcome) {
                              if (outcome) durable++;
                            });
    world_.run_for(std::chrono::microseconds(world_.random().below(12000)));
    const std::int32_t told = durable;
    node_.power_cut();
    close();
    ASSERT_TRUE(open()) << life;
    EXPECT_GE(static_cast<std::int32_t>(journal_->replicas().size()), told);
    node_.kill();
    close();
  }
}

}  // namespace
}  // namespace ropewalk::log
