#include <gtest/gtest.h>

#include "common/env/sim/simulation.h"

namespace ropewalk::sim {
namespace {

using env::OpenMode;

class SimFiles : public testing::Test {
 protected:
  Simulation world_{1};
  Node& node_ = world_.add_node("a");
  std::unique_ptr<env::FileSystem> files_ = node_.environment().open_file_system({"/d"}).value();

  env::Core& core() { return node_.environment().core(0); }
  Disk& disk() { return node_.disk("/d"); }
  env::FilePtr open(std::string path, OpenMode mode) {
    return world_.run(core(), files_->open(std::move(path), mode)).value();
  }
  static Result<void> write(env::File& file, std::uint64_t position, std::string_view text) {
    const ByteSpan piece = as_bytes(text);
    return file.write_at(position, std::span(&piece, 1));
  }
};

TEST_F(SimFiles, ReadsBackWhatWasWritten) {
  auto file = open("f", OpenMode::create_new);
  ASSERT_TRUE(write(*file, 0, "hello"));
  std::array<std::byte, 10> buffer;
  auto count = world_.run(core(), file->read_at(1, buffer));
  ASSERT_TRUE(count);
  EXPECT_EQ(as_text(ByteSpan(buffer).first(*count)), "ello");
}

TEST_F(SimFiles, OpenModesAnswerAsPromised) {
  EXPECT_EQ(world_.run(core(), files_->open("f", OpenMode::read_write)).error().code,
            Errc::not_found);
  open("f", OpenMode::create_new);
  EXPECT_EQ(world_.run(core(), files_->open("f", OpenMode::create_new)).error().code,
            Errc::already_exists);
  EXPECT_EQ(write(*open("f", OpenMode::read_only), 0, "x").error().code, Errc::permission_denied);
}

TEST_F(SimFiles, KilledProcessLosesNothing) {
  ASSERT_TRUE(write(*open("f", OpenMode::create_new), 0, "hello"));
  node_.kill();
  files_ = node_.environment().open_file_system({"/d"}).value();
  EXPECT_EQ(open("f", OpenMode::read_only)->size().value(), 5U);
}

TEST_F(SimFiles, AskingForALockTakesNone) {
  EXPECT_EQ(world_.run(core(), files_->is_locked("lock")), false);
  EXPECT_TRUE(disk().files().empty());
  ASSERT_TRUE(world_.run(core(), files_->lock("lock")));
  EXPECT_EQ(world_.run(core(), files_->is_locked("lock")), true);
}

TEST_F(SimFiles, LockIsFreedByDeathOnly) {
  ASSERT_TRUE(world_.run(core(), files_->lock("lock")));
  auto other = node_.environment().open_file_system({"/d"}).value();
  EXPECT_EQ(world_.run(core(), other->lock("lock")).error().code, Errc::wrong_owner);
  node_.kill();
  auto next = node_.environment().open_file_system({"/d"}).value();
  EXPECT_TRUE(world_.run(core(), next->lock("lock")));
  files_.reset();  // The dead one's end must not free the living one's lock.
  EXPECT_EQ(disk().locks.size(), 1U);
}

TEST_F(SimFiles, FullDiskTakesAPartAndSaysSo) {
  disk().faults.capacity_bytes = 3;
  auto file = open("f", OpenMode::create_new);
  EXPECT_EQ(write(*file, 0, "hello").error().code, Errc::disk_full);
  EXPECT_EQ(file->size().value(), 3U);
}

TEST_F(SimFiles, SyncStallsAndFailsWhenTold) {
  auto file = open("f", OpenMode::create_new);
  disk().faults.sync_stall = 1;
  const Duration before = world_.now();
  EXPECT_TRUE(world_.run(core(), file->sync()));
  EXPECT_GE(world_.now() - before, disk().faults.stall);
  disk().faults.sync_error = 1;
  EXPECT_EQ(world_.run(core(), file->sync()).error().code, Errc::io_error);
}

TEST_F(SimFiles, ReadOnlyDiskRefusesChanges) {
  disk().faults.read_only = true;
  EXPECT_EQ(world_.run(core(), files_->make_directories("x")).error().code,
            Errc::permission_denied);
}

TEST_F(SimFiles, ReplacedFileIsOldOrNewAfterAPowerCut) {
  ASSERT_TRUE(world_.run(core(), env::replace_file(*files_, "f", "new")));
  node_.power_cut();
  EXPECT_EQ(disk().content("f").value(), "new");
}

}  // namespace
}  // namespace ropewalk::sim
