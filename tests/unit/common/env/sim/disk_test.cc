#include "common/env/sim/disk.h"

#include <gtest/gtest.h>

namespace ropewalk::sim {
namespace {

// Runs `build` on fresh disks under many seeds, cuts the power, and says which outcomes there were.
template <class Build, class Outcome>
std::set<std::string> outcomes(Build build, Outcome outcome) {
  std::set<std::string> seen;
  for (std::uint64_t seed = 1; seed <= 300; seed++) {
    Disk disk;
    build(disk);
    env::Random random(seed);
    disk.power_cut(random);
    seen.insert(outcome(disk));
  }
  return seen;
}

std::string content_or_none(const Disk& disk, std::string_view path) {
  auto content = disk.content(path);
  return content ? *content : "none";
}

TEST(Disk, KeepsWhatWasSynced) {
  auto build = [](Disk& disk) {
    auto file = disk.create("a").value();
    file->write(0, as_bytes("hello"));
    file->finish_sync(file->begin_sync());
    ASSERT_TRUE(disk.sync_directory(""));
  };
  EXPECT_EQ(outcomes(build, [](Disk& disk) { return content_or_none(disk, "a"); }),
            (std::set<std::string>{"hello"}));
}

TEST(Disk, LosesAnUnsyncedNameOrKeepsIt) {
  auto build = [](Disk& disk) {
    auto file = disk.create("a").value();
    file->write(0, as_bytes("hello"));
    file->finish_sync(file->begin_sync());
  };
  EXPECT_EQ(outcomes(build, [](Disk& disk) { return content_or_none(disk, "a"); }),
            (std::set<std::string>{"hello", "none"}));
}

TEST(Disk, RenameWithoutDirectorySyncIsOldOrNew) {
  auto build = [](Disk& disk) {
    auto old_file = disk.create("a").value();
    old_file->write(0, as_bytes("old"));
    old_file->finish_sync(old_file->begin_sync());
    ASSERT_TRUE(disk.sync_directory(""));
    auto new_file = disk.create("a.new").value();
    new_file->write(0, as_bytes("new"));
    new_file->finish_sync(new_file->begin_sync());
    ASSERT_TRUE(disk.rename("a.new", "a"));
  };
  EXPECT_EQ(outcomes(build, [](Disk& disk) { return content_or_none(disk, "a"); }),
            (std::set<std::string>{"old", "new"}));
}

TEST(Disk, SyncedNameInUnsyncedFolderComesBackOnceTheFolderIsSynced) {
  auto build = [](Disk& disk) {
    ASSERT_TRUE(disk.make_directories("x/y"));
    ASSERT_TRUE(disk.create("x/y/f"));
    ASSERT_TRUE(disk.sync_directory("x/y"));
    ASSERT_TRUE(disk.sync_directory("x"));
    ASSERT_TRUE(disk.sync_directory(""));
  };
  auto there = [](Disk& disk) { return std::string(disk.find("x/y/f") ? "there" : "lost"); };
  EXPECT_EQ(outcomes(build, there), (std::set<std::string>{"there"}));
}

TEST(Disk, TearsUnsyncedWritesAtSectors) {
  auto build = [](Disk& disk) {
    auto file = disk.create("a").value();
    ASSERT_TRUE(disk.sync_directory(""));
    file->write(0, as_bytes(std::string(2 * kSectorBytes, 'x')));
    file->finish_sync(file->begin_sync());
    file->write(kSectorBytes, as_bytes(std::string(3 * kSectorBytes, 'y')));
  };
  std::set<std::string> seen = outcomes(build, [](Disk& disk) {
    const std::string content = disk.content("a").value();
    EXPECT_EQ(content.substr(0, kSectorBytes), std::string(kSectorBytes, 'x'));
    EXPECT_GE(content.size(), 2 * kSectorBytes);
    std::string shape = std::to_string(content.size() % kSectorBytes == 0);
    for (std::size_t at = 0; at < content.size(); at += kSectorBytes)
      shape += content[at] == '\0' ? '0' : content[at];
    return shape;
  });
  EXPECT_TRUE(seen.contains("1xyyy"));                            // All kept.
  EXPECT_TRUE(seen.contains("1xx"));                              // All lost.
  EXPECT_TRUE(seen.contains("1xx00"));                            // Only the size kept.
  EXPECT_TRUE(seen.contains("1xx0y") || seen.contains("1xy0y"));  // A hole.
}

TEST(Disk, UnsyncedTruncationMayComeBack) {
  auto build = [](Disk& disk) {
    auto file = disk.create("a").value();
    file->write(0, as_bytes("0123456789"));
    file->finish_sync(file->begin_sync());
    ASSERT_TRUE(disk.sync_directory(""));
    file->resize(3);
  };
  auto seen = outcomes(build, [](Disk& disk) { return content_or_none(disk, "a"); });
  EXPECT_TRUE(seen.contains("012"));
  EXPECT_TRUE(seen.contains("0123456789"));
}

TEST(Disk, FailedSyncLeavesPagesThatLookClean) {
  Disk disk;
  auto file = disk.create("a").value();
  ASSERT_TRUE(disk.sync_directory(""));
  file->write(0, as_bytes("hello"));
  file->fail_sync(file->begin_sync());
  EXPECT_EQ(disk.content("a").value(), "hello");
  file->finish_sync(file->begin_sync());  // The next one "succeeds" ...
  env::Random random(1);
  disk.power_cut(random);
  EXPECT_EQ(disk.content("a").value(), std::string(5, '\0'));  // ... and the bytes are gone.
}

TEST(Disk, ASectorComesBackAsAnyOfItsWritesLeftIt) {
  auto build = [](Disk& disk) {
    auto file = disk.create("a").value();
    ASSERT_TRUE(disk.sync_directory(""));
    file->write(0, as_bytes("one"));
    file->finish_sync(file->begin_sync());
    file->write(0, as_bytes("two"));
    file->write(0, as_bytes("six"));
  };
  EXPECT_EQ(outcomes(build, [](Disk& disk) { return content_or_none(disk, "a"); }),
            (std::set<std::string>{"one", "two", "six"}));
}

TEST(Disk, ASyncDoesNotPromiseWhatWasWrittenAfterItBegan) {
  auto build = [](Disk& disk) {
    auto file = disk.create("a").value();
    ASSERT_TRUE(disk.sync_directory(""));
    file->write(0, as_bytes("before"));
    const std::uint64_t begun = file->begin_sync();
    file->write(0, as_bytes("during"));
    file->finish_sync(begun);
  };
  EXPECT_EQ(outcomes(build, [](Disk& disk) { return content_or_none(disk, "a"); }),
            (std::set<std::string>{"before", "during"}));
}

TEST(Disk, ARemovedFolderTakesWhatWasInItAlong) {
  auto build = [](Disk& disk) {
    ASSERT_TRUE(disk.make_directories("d"));
    ASSERT_TRUE(disk.create("d/f"));
    ASSERT_TRUE(disk.sync_directory("d"));
    ASSERT_TRUE(disk.sync_directory(""));
    ASSERT_TRUE(disk.remove("d/f"));
    ASSERT_TRUE(disk.remove("d"));
    ASSERT_TRUE(disk.sync_directory(""));
  };
  EXPECT_EQ(outcomes(build, [](Disk& disk) { return fmt::format("{}", disk.paths().size()); }),
            (std::set<std::string>{"0"}));
}

// Keeps everything up to a step.
class UpTo final : public CutChoice {
 public:
  explicit UpTo(std::uint64_t step) : step_(step) {}
  bool keeps_name(std::uint64_t step) override { return step <= step_; }
  std::uint64_t size(std::span<const SizeStep> sizes) override {
    std::uint64_t size = 0;
    for (const SizeStep& each : sizes)
      if (each.step <= step_) size = each.size;
    return size;
  }
  bool keeps_sector(std::uint64_t step, std::uint64_t) override { return step <= step_; }

 private:
  const std::uint64_t step_;
};

// The names that went with the old folder say nothing of those in the new one.
TEST(Disk, AFolderThatIsMadeAgainKeepsItsFiles) {
  auto build = [](Disk& disk) {
    for (const bool again : {false, true}) {
      ASSERT_TRUE(disk.make_directories("d"));
      ASSERT_TRUE(disk.create("d/f"));
      ASSERT_TRUE(disk.sync_directory("d"));
      ASSERT_TRUE(disk.sync_directory(""));
      if (again) continue;
      ASSERT_TRUE(disk.remove("d/f"));
      ASSERT_TRUE(disk.remove("d"));
      ASSERT_TRUE(disk.sync_directory(""));
    }
  };
  EXPECT_EQ(outcomes(build, [](Disk& disk) { return fmt::format("{}", disk.paths().size()); }),
            (std::set<std::string>{"2"}));
}

TEST(DiskReplay, DoesTheStepsAgainAndCutsWhereItIsTold) {
  Disk disk;
  std::vector<DiskStep> steps;
  disk.record([&steps](DiskStep step) { steps.push_back(std::move(step)); });
  ASSERT_TRUE(disk.make_directories("d"));
  auto file = disk.create("d/f").value();
  file->write(0, as_bytes("one"));
  file->finish_sync(file->begin_sync());
  ASSERT_TRUE(disk.rename("d/f", "d/g"));
  const auto renamed = static_cast<std::uint64_t>(steps.size());
  file->write(3, as_bytes("two"));
  file->resize(4);
  ASSERT_TRUE(disk.remove("d/g"));
  file->write(0, as_bytes("gone"));

  for (const auto& [upto, path, content] :
       {std::tuple(std::size_t{2}, "d/f", ""), std::tuple(std::size_t{3}, "d/f", "one"),
        std::tuple(renamed, "d/g", "one"), std::tuple(renamed + 1, "d/g", "onetwo"),
        std::tuple(renamed + 2, "d/g", "onet"), std::tuple(renamed + 3, "d/g", "none")}) {
    Disk again;
    DiskReplay replay(again);
    for (const DiskStep& step : std::span(steps).first(upto)) replay.take(step);
    UpTo choice(upto);
    again.power_cut(choice);
    EXPECT_EQ(content_or_none(again, path), content) << upto;
  }
  // All steps are done and only the first three of them kept.
  Disk again;
  DiskReplay replay(again);
  for (const DiskStep& step : steps) replay.take(step);
  UpTo choice(3);
  again.power_cut(choice);
  EXPECT_EQ(again.paths(), (std::vector<std::string>{"d", "d/f"}));
}

TEST(Disk, CountsUsedBytesAlsoOfOpenRemovedFiles) {
  Disk disk;
  disk.faults.capacity_bytes = 100;
  auto file = disk.create("a").value();
  file->write(0, as_bytes("0123456789"));
  ASSERT_TRUE(disk.remove("a"));
  EXPECT_EQ(disk.free_bytes(), 90U);
  ASSERT_TRUE(disk.sync_directory(""));
  file.reset();
  EXPECT_EQ(disk.free_bytes(), 100U);
}

TEST(Disk, RefusesToRemoveFullFolders) {
  Disk disk;
  ASSERT_TRUE(disk.make_directories("d"));
  ASSERT_TRUE(disk.create("d/f"));
  EXPECT_EQ(disk.remove("d").error().code, Errc::not_empty);
  EXPECT_EQ(disk.list("").value(), std::vector<std::string>{"d"});
  EXPECT_EQ(disk.create("d/f").error().code, Errc::already_exists);
  EXPECT_EQ(disk.create("e/f").error().code, Errc::not_found);
}

}  // namespace
}  // namespace ropewalk::sim
