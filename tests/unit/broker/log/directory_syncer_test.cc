#include "tests/unit/broker/log/log_rig.h"

namespace ropewalk::log {
namespace {

class DirectorySyncerTest : public testing::Test {
 protected:
  ~DirectorySyncerTest() override { node_.kill(); }
  env::FilePtr file(std::string name) {
    auto opened = world_.run(life_.core(), life_.files().open(name, env::OpenMode::create_new));
    const ByteSpan piece = as_bytes("content");
    EXPECT_TRUE((*opened)->write_at(0, std::span(&piece, 1)));
    return *opened;
  }
  void sync_later(std::vector<env::FilePtr> files) {
    life_.core().post([this, files = std::move(files)]() mutable {
      SyncRequest request;
      request.files = std::move(files);
      life_.syncer().sync(std::move(request),
                          [this](Result<void> outcome) { (outcome ? good_ : bad_)++; });
    });
  }
  bool wait(int good, int bad) {
    return world_.run_until([&] { return good_ == good && bad_ == bad; }, std::chrono::minutes(1));
  }

  sim::Simulation world_{21};
  sim::Node& node_ = world_.add_node("a");
  LogLife life_{world_, node_, {}};
  int good_ = 0;
  int bad_ = 0;
};

TEST_F(DirectorySyncerTest, WhatIsAskedForWhileItWaitsIsSyncedOnce) {
  std::vector<env::FilePtr> files;
  for (int i = 0; i < 20; i++) files.push_back(file(fmt::format("f{}", i)));
  for (int i = 0; i < 10; i++) sync_later(files);
  ASSERT_TRUE(wait(10, 0));
  // Four workers have begun with some of the files when the later ones ask.
  EXPECT_LE(life_.syncer().syncs_done(), 24U);
}

TEST_F(DirectorySyncerTest, MakesFileAndNameDurable) {
  const env::FilePtr made = file("f");
  life_.core().post([&] {
    SyncRequest request;
    request.files = {made};
    request.directories = {""};
    life_.syncer().sync(std::move(request), [this](Result<void>) { good_++; });
  });
  ASSERT_TRUE(wait(1, 0));
  node_.power_cut();
  EXPECT_EQ(node_.disk("/d").content("f").value(), "content");
}

TEST_F(DirectorySyncerTest, AFailureReachesThoseWhoAskedForThatFile) {
  const env::FilePtr good = file("good");
  const env::FilePtr bad = file("bad");
  node_.disk("/d").faults.sync_error = 1;
  sync_later({bad});
  ASSERT_TRUE(wait(0, 1));
  node_.disk("/d").faults.sync_error = 0;
  sync_later({good});
  ASSERT_TRUE(wait(1, 1));
}

TEST_F(DirectorySyncerTest, NothingToSyncEndsAtOnce) {
  sync_later({});
  EXPECT_TRUE(wait(1, 0));
}

}  // namespace
}  // namespace ropewalk::log
