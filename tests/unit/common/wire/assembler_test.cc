#include "common/wire/assembler.h"

#include <random>
#include <string>

#include <gtest/gtest.h>

#include "common/wire/frame.h"

namespace ropewalk::wire {
namespace {

constexpr std::size_t kFrameMax = 1 << 20;

std::string with_length(std::string_view frame) {
  std::string whole(4, '\0');
  store_be(reinterpret_cast<std::byte*>(whole.data()), static_cast<std::uint32_t>(frame.size()));
  return whole + std::string(frame);
}

// Feeds a stream to an assembler as a connection does, at most `chunk` bytes a read.
struct Feeder {
  FrameAssembler assembler{kFrameMax};
  std::vector<SharedBytes> frames;
  std::size_t large_agreed = 0;

  // The bytes taken out of `stream` by one read.
  Result<std::size_t> read(std::string_view stream, std::size_t chunk, std::size_t page_bytes) {
    if (assembler.large_bytes() != 0) {
      large_agreed += assembler.large_bytes();
      assembler.start_large();
    }
    auto page = std::make_shared<std::vector<std::byte>>(page_bytes);
    const MutableByteSpan into =
        assembler.in_large() ? assembler.large_space() : assembler.page_space(*page);
    const std::size_t n = std::min({stream.size(), chunk, into.size()});
    std::memcpy(into.data(), stream.data(), n);
    if (assembler.in_large()) {
      assembler.large_filled(n, frames);
    } else {
      TRY_VOID(assembler.page_filled(SharedBytes(page, *page), n, frames));
    }
    return n;
  }
  Result<void> all(std::string_view stream, std::size_t chunk = kFrameMax,
                   std::size_t page_bytes = 64 * 1024) {
    while (!stream.empty()) {
      TRY(const std::size_t n, read(stream, chunk, page_bytes));
      stream.remove_prefix(n);
    }
    return {};
  }
};

TEST(FrameAssembler, FindsTheFramesHoweverTheStreamIsCut) {
  std::mt19937_64 random(5);
  static constexpr std::size_t kSizes[] = {2, 3, 100, 5000, 16379, 16380, 16381, 40000, 200000};
  for (int round = 0; round < 60; round++) {
    std::vector<std::string> expected;
    std::string stream;
    for (std::size_t i = 0; i < 12; i++) {
      expected.emplace_back(kSizes[random() % std::size(kSizes)], static_cast<char>('a' + i));
      stream += with_length(expected.back());
    }
    Feeder feeder;
    static constexpr std::size_t kChunks[] = {700, 1460, 65536, kFrameMax};
    const std::size_t chunk = kChunks[random() % 4];
    ASSERT_TRUE(feeder.all(stream, chunk, (32 + random() % 96) * 1024));
    ASSERT_EQ(feeder.frames.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); i++) {
      ASSERT_EQ(feeder.frames[i].text(), expected[i]);
    }
    EXPECT_FALSE(feeder.assembler.in_the_middle());
  }
}

TEST(FrameAssembler, TakesOneByteAtATime) {
  Feeder feeder;
  ASSERT_TRUE(feeder.all(with_length("ab") + with_length(std::string(20000, 'c')), 1));
  ASSERT_EQ(feeder.frames.size(), 2u);
  EXPECT_EQ(feeder.frames[0].text(), "ab");
  EXPECT_EQ(feeder.frames[1].text(), std::string(20000, 'c'));
}

TEST(FrameAssembler, SlicesSmallFramesOutOfOnePage) {
  Feeder feeder;
  std::string stream;
  for (int i = 0; i < 100; i++) stream += with_length("frame");
  ASSERT_TRUE(feeder.all(stream));
  ASSERT_EQ(feeder.frames.size(), 100u);
  for (const auto& frame : feeder.frames) EXPECT_EQ(frame.owner(), feeder.frames[0].owner());
}

TEST(FrameAssembler, AsksBeforeItAllocatesForALargeFrame) {
  Feeder feeder;
  const std::string stream = with_length(std::string(500000, 'x'));
  ASSERT_TRUE(feeder.read(stream, 10, 64 * 1024));
  EXPECT_EQ(feeder.assembler.large_bytes(), 500004u);
  EXPECT_FALSE(feeder.assembler.in_large());
  EXPECT_TRUE(feeder.assembler.in_the_middle());
}

// Behind a large frame the next one is likely large too: its payload must not go by way of a page.
TEST(FrameAssembler, CopiesLittleOfLargeFramesInARow) {
  Feeder feeder;
  const std::string one = with_length(std::string(500000, 'x'));
  ASSERT_TRUE(feeder.all(one));
  const auto read = feeder.read(one, kFrameMax, 256 * 1024);
  ASSERT_TRUE(read);
  EXPECT_LE(*read, FrameAssembler::kTailBytesMax + 1);
}

TEST(FrameAssembler, KeepsTheGoodFramesBeforeABadOne) {
  Feeder feeder;
  const auto result = feeder.all(with_length("good") + std::string(4, '\0'));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::malformed_frame);
  ASSERT_EQ(feeder.frames.size(), 1u);
  EXPECT_EQ(feeder.frames[0].text(), "good");
}

TEST(FrameAssembler, RefusesAFrameOverTheLimit) {
  Feeder feeder;
  const auto result = feeder.all(std::string("\x00\x10\x00\x01", 4));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::frame_too_large);
}

}  // namespace
}  // namespace ropewalk::wire
