#include <string>

#include "common/env/real/descriptor_cache.h"
#include "common/env/real/posix_file_system.h"
#include "tests/unit/common/env/real/real_fixture.h"

namespace ropewalk::env {
namespace {

// Everything in one coroutine at a time on core 0; checks by EXPECT inside.
class FileTest : public RealTest {
 protected:
  FileSystem& files() {
    if (!files_) files_ = std::move(*env().open_file_system({.root = root_, .threads = 2}));
    return *files_;
  }
  void TearDown() override {
    files_.reset();
    RealTest::TearDown();
  }

  std::string root_ = temporary_directory();
  std::unique_ptr<FileSystem> files_;
};

Result<void> put(File& file, std::uint64_t position, std::string_view text) {
  const ByteSpan piece = as_bytes(text);
  return file.write_at(position, std::span(&piece, 1));
}

std::string get(File& file, std::uint64_t position, std::size_t length) {
  std::string text(length, '?');
  auto got = file.try_read_at(position, std::as_writable_bytes(std::span(text)));
  if (!got) return to_string(got.error());
  text.resize(*got);
  return text;
}

Errc code(const auto& result) { return result ? Errc::none : result.error().code; }

Task<void> write_and_read(FileSystem& fs) {
  auto opened = co_await fs.open("a", OpenMode::create_new);
  EXPECT_TRUE(opened);
  File& file = **opened;
  // More pieces than one call takes, some of them empty.
  std::string expected;
  std::vector<std::string> texts;
  for (int i = 0; i < 200; i++) texts.push_back(i % 7 == 0 ? "" : "piece" + std::to_string(i));
  std::vector<ByteSpan> pieces;
  for (const auto& text : texts) {
    pieces.push_back(as_bytes(text));
    expected += text;
  }
  EXPECT_TRUE(file.write_at(10, pieces));
  EXPECT_EQ(file.size().value(), 10 + expected.size());
  EXPECT_EQ(get(file, 10, expected.size()), expected);
  EXPECT_EQ(get(file, 10, expected.size() + 50), expected);
  EXPECT_EQ(get(file, 10 + expected.size(), 5), "");
  std::string slow(expected.size() + 9, '?');
  auto got = co_await file.read_at(10, std::as_writable_bytes(std::span(slow)));
  EXPECT_EQ(got.value(), expected.size());
  EXPECT_EQ(slow.substr(0, expected.size()), expected);
  EXPECT_TRUE(co_await file.sync());
  EXPECT_TRUE(co_await file.reserve(0, 1 << 20));
  EXPECT_EQ(file.size().value(), 10 + expected.size());
  EXPECT_TRUE(co_await file.truncate(12));
  EXPECT_EQ(get(file, 10, 100), expected.substr(0, 2));
}

TEST_F(FileTest, WritesGatheredAndReadsBack) {
  run([&] { return write_and_read(files()); });
}

Task<void> provoke_errors(FileSystem& fs, std::string root) {
  EXPECT_EQ(code(co_await fs.open("none", OpenMode::read_write)), Errc::not_found);
  EXPECT_EQ(code(co_await fs.open("a", OpenMode::create_new)), Errc::none);
  EXPECT_EQ(code(co_await fs.open("a", OpenMode::create_new)), Errc::already_exists);
  EXPECT_EQ(code(co_await fs.remove("none")), Errc::not_found);
  EXPECT_EQ(code(co_await fs.rename("none", "b")), Errc::not_found);
  EXPECT_EQ(code(co_await fs.sync_directory("none")), Errc::not_found);
  EXPECT_EQ(code(co_await fs.list("none")), Errc::not_found);
  EXPECT_EQ(code(co_await fs.make_directories("x/y/z")), Errc::none);
  EXPECT_EQ(code(co_await fs.make_directories("x/y/z")), Errc::none);
  EXPECT_EQ(code(co_await fs.sync_directory("x/y")), Errc::none);
  EXPECT_EQ(code(co_await fs.sync_directory("")), Errc::none);
  EXPECT_EQ(code(co_await fs.remove("x")), Errc::not_empty);
  auto missing = co_await fs.open("x/none", OpenMode::read_only);
  EXPECT_THAT(missing.error().context, ::testing::HasSubstr(root + "/x/none"));
  auto names = co_await fs.list("");
  EXPECT_THAT(names.value(), ::testing::ElementsAre("a", "x"));
  auto space = co_await fs.space();
  EXPECT_GT(space->total_bytes, space->free_bytes);
  auto read_only = co_await fs.open("a", OpenMode::read_only);
  EXPECT_EQ(code(put(**read_only, 0, "x")), Errc::io_error);
}

TEST_F(FileTest, FailuresHaveTheirCodeAndNameThePath) {
  run([&] { return provoke_errors(files(), root_); });
}

TEST_F(FileTest, AFileInTheWayOfTheRootIsRefused) {
  run([&] { return write_and_read(files()); });
  auto refused = env().open_file_system({.root = root_ + "/a"});
  EXPECT_EQ(code(refused), Errc::invalid_request);
  auto below = env().open_file_system({.root = root_ + "/a/b"});
  EXPECT_EQ(code(below), Errc::invalid_request);
}

Task<void> lock(FileSystem& fs, Errc& outcome) { outcome = code(co_await fs.lock("lock")); }

TEST_F(FileTest, ALockIsHeldUntilTheFileSystemGoes) {
  Errc outcome = Errc::none;
  run([&] { return lock(files(), outcome); });
  EXPECT_EQ(outcome, Errc::none);
  auto second = env().open_file_system({.root = root_});
  run([&] { return lock(**second, outcome); });
  EXPECT_EQ(outcome, Errc::wrong_owner);
  files_.reset();
  run([&] { return lock(**second, outcome); });
  EXPECT_EQ(outcome, Errc::none);
}

Task<void> ask(FileSystem& fs, std::optional<bool>& locked) {
  const auto asked = co_await fs.is_locked("lock");
  locked.reset();
  if (asked) locked = *asked;
}

TEST_F(FileTest, AskingForALockTakesNone) {
  const auto second = env().open_file_system({.root = root_});
  const auto third = env().open_file_system({.root = root_});
  std::optional<bool> locked;
  run([&] { return ask(**second, locked); });
  EXPECT_EQ(locked, false);
  EXPECT_FALSE(std::filesystem::exists(root_ + "/lock"));
  Errc outcome = Errc::none;
  run([&] { return lock(files(), outcome); });
  for (int i = 0; i < 2; i++) {
    run([&] { return ask(**second, locked); });
    EXPECT_EQ(locked, true);
  }
  files_.reset();
  run([&] { return ask(**second, locked); });
  EXPECT_EQ(locked, false);
  run([&] { return lock(**third, outcome); });
  EXPECT_EQ(outcome, Errc::none);
}

Task<void> outlive_the_cache(FileSystem& fs) {
  EXPECT_TRUE(co_await fs.make_directories("d"));
  std::vector<FilePtr> open;
  for (int i = 0; i < 20; i++) {
    auto file = co_await fs.open("d/" + std::to_string(i), OpenMode::create_or_truncate);
    EXPECT_TRUE(put(**file, 0, "content " + std::to_string(i)));
    open.push_back(*file);
  }
  // Found again under another name, a file and a whole directory; one that was replaced and one
  // that was removed keep their content.
  EXPECT_TRUE(co_await fs.rename("d/3", "d/4"));
  EXPECT_TRUE(co_await fs.remove("d/5"));
  EXPECT_TRUE(co_await fs.rename("d", "e"));
  for (int round = 0; round < 2; round++) {
    for (std::size_t i = 0; i < open.size(); i++) {
      EXPECT_EQ(get(*open[i], 0, 100), "content " + std::to_string(i));
      EXPECT_TRUE(put(*open[i], 0, "content"));
    }
  }
  EXPECT_EQ(open[0]->path(), "d/0");
  auto replaced = co_await fs.open("e/4", OpenMode::read_only);
  EXPECT_EQ(get(**replaced, 0, 100), "content 3");
}

TEST_F(FileTest, FilesOutliveTheirDescriptors) {
  options_.descriptors = 3;
  run([&] { return outlive_the_cache(files()); });
}

TEST(DescriptorCache, ThrowsOutTheLeastRecentlyUsedThatNobodyHolds) {
  real::DescriptorCache cache(2);
  int opened = 0;
  const auto open = [&]() -> Result<int> {
    opened++;
    return ::dup(0);
  };
  real::DescriptorCache::Place a(cache), b(cache), c(cache);
  auto held = cache.use(a, open);
  ASSERT_TRUE(held);
  ASSERT_TRUE(cache.use(b, open));
  ASSERT_TRUE(cache.use(c, open));  // `a` is older but in use: `b` goes.
  EXPECT_EQ(cache.idle_count(), 2u);
  ASSERT_TRUE(cache.use(a, open));
  EXPECT_EQ(opened, 3);
  ASSERT_TRUE(cache.use(b, open));
  EXPECT_EQ(opened, 4);
}

Task<void> use_after(FilePtr file, Errc& outcome) { outcome = code(co_await file->sync()); }
Task<void> open_one(FileSystem& fs, FilePtr& file) {
  file = (co_await fs.open("a", OpenMode::create_new)).value();
}

TEST_F(FileTest, AFileThatOutlivesItsFileSystemFailsClosed) {
  FilePtr file;
  run([&] { return open_one(files(), file); });
  files_.reset();
  Errc outcome = Errc::none;
  run([&] { return use_after(file, outcome); });
  EXPECT_EQ(outcome, Errc::closed);
}

}  // namespace
}  // namespace ropewalk::env
