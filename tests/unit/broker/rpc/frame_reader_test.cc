#include "broker/rpc/frame_reader.h"

#include <algorithm>
#include <cstring>
#include <string>

#include <gtest/gtest.h>

#include "common/env/random.h"

namespace ropewalk::rpc {
namespace {

constexpr std::size_t kFrameMax = 4 << 20;

std::string framed(std::string_view payload) {
  std::string frame(4, '\0');
  store_be(reinterpret_cast<std::byte*>(frame.data()), static_cast<std::uint32_t>(payload.size()));
  return frame.append(payload);
}

// Feeds a stream in pieces as a socket would: each read takes at most `piece` bytes and what the
// reader has room for.
class Feed {
 public:
  explicit Feed(std::string stream) : stream_(std::move(stream)) {}

  bool done() const { return at_ == stream_.size(); }
  Result<void> read_into(FrameReader& reader, std::size_t piece, std::vector<SharedBytes>& frames) {
    const MutableByteSpan room = reader.prepare();
    const std::size_t count = std::min({piece, room.size(), stream_.size() - at_});
    std::memcpy(room.data(), stream_.data() + at_, count);
    at_ += count;
    return reader.filled(count, frames);
  }

 private:
  std::string stream_;
  std::size_t at_ = 0;
};

struct FrameReaderTest : ::testing::Test {
  ReceiveSlab slab;
  std::shared_ptr<FrameBudget> budget = std::make_shared<FrameBudget>(64 << 20);
};

TEST_F(FrameReaderTest, GivesBackWhatWasSentHoweverItIsCut) {
  for (std::uint64_t seed = 0; seed < 12; seed++) {
    env::Random random(seed);
    std::vector<std::string> sent;
    std::string stream;
    for (int i = 0; i < 40; i++) {
      const std::size_t limits[] = {8, 2000, 20'000, 70'000, 600'000};
      std::string payload(1 + random.below(limits[random.below(5)]), '\0');
      for (char& c : payload) c = static_cast<char>(random());
      stream += framed(payload);
      sent.push_back(std::move(payload));
    }
    FrameReader reader(slab, budget, kFrameMax);
    Feed feed(stream);
    std::vector<SharedBytes> got;
    while (!feed.done()) {
      ASSERT_TRUE(
          feed.read_into(reader, 1 + random.below(random.chance(0.5) ? 5000 : 300'000), got));
    }
    ASSERT_EQ(got.size(), sent.size()) << "seed " << seed;
    for (std::size_t i = 0; i < sent.size(); i++)
      ASSERT_EQ(got[i].text(), sent[i]) << "seed " << seed << " frame " << i;
  }
  EXPECT_EQ(budget->used_bytes(), 0U);
}

TEST_F(FrameReaderTest, SlicesSmallFramesWithoutCopying) {
  FrameReader reader(slab, budget, kFrameMax);
  const MutableByteSpan room = reader.prepare();
  const std::string two = framed("one") + framed("two");
  std::memcpy(room.data(), two.data(), two.size());
  std::vector<SharedBytes> frames;
  ASSERT_TRUE(reader.filled(two.size(), frames));
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_EQ(frames[0].data(), room.data() + 4);
  EXPECT_EQ(frames[1].data(), room.data() + 11);
}

TEST_F(FrameReaderTest, RefusesLengthsThatCannotBe) {
  struct Case {
    std::string bytes;
    Errc expected;
    const char* words;
  };
  const Case cases[] = {
      {std::string(4, '\0'), Errc::malformed_frame, "length 0"},
      {std::string("\xff\xff\xff\xff", 4), Errc::malformed_frame, "length -1"},
      {std::string("\x00\x40\x00\x01", 4), Errc::frame_too_large, "4194305"},
      {"GET / HTTP/1.1\r\n", Errc::malformed_frame, "HTTP"},
      {std::string("\x16\x03\x01\x02\x00", 5), Errc::malformed_frame, "TLS"},
  };
  for (const Case& bad : cases) {
    FrameReader reader(slab, budget, kFrameMax);
    Feed feed(framed("before") + bad.bytes);
    std::vector<SharedBytes> frames;
    const auto read = feed.read_into(reader, 1 << 20, frames);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, bad.expected);
    EXPECT_NE(read.error().context.find(bad.words), std::string::npos) << read.error().context;
    ASSERT_EQ(frames.size(), 1U);
    EXPECT_EQ(frames[0].text(), "before");
  }
}

TEST_F(FrameReaderTest, WaitsForTheBudgetBeforeItTakesMemory) {
  auto small = std::make_shared<FrameBudget>(1 << 20);
  ASSERT_TRUE(small->take(900'000));
  FrameReader reader(slab, small, kFrameMax);
  const std::string payload(500'000, 'x');
  Feed feed(framed(payload));
  std::vector<SharedBytes> frames;
  ASSERT_TRUE(feed.read_into(reader, 100'000, frames));
  EXPECT_TRUE(reader.blocked());
  EXPECT_FALSE(reader.unblock());
  small->give(900'000);
  ASSERT_TRUE(reader.unblock());
  while (!feed.done()) ASSERT_TRUE(feed.read_into(reader, 100'000, frames));
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames[0].text(), payload);
  EXPECT_EQ(small->used_bytes(), payload.size());
  frames.clear();
  EXPECT_EQ(small->used_bytes(), 0U);
}

// A length alone costs its sender nothing.
TEST_F(FrameReaderTest, TakesMemoryForWhatHasComeNotForWhatIsClaimed) {
  FrameReader reader(slab, budget, kFrameMax);
  const std::string payload(kFrameMax, 'x');
  Feed feed(framed(payload));
  std::vector<SharedBytes> frames;
  std::size_t sent = 0;
  while (!feed.done()) {
    ASSERT_TRUE(feed.read_into(reader, 50'000, frames));
    sent += 50'000;
    EXPECT_EQ(reader.large_piece_bytes(), feed.done() ? 0 : payload.size());
    EXPECT_LE(budget->used_bytes(),
              std::max(FrameReader::kFirstBytes, FrameReader::kGrowth * sent));
  }
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames[0].text(), payload);
  EXPECT_EQ(budget->used_bytes(), payload.size());
}

TEST_F(FrameReaderTest, FramesThatHaveBegunDoNotWaitForEachOtherForEver) {
  auto small = std::make_shared<FrameBudget>(1 << 20);
  const std::string payload(900'000, 'x');
  struct Side {
    Side(ReceiveSlab& pages, const std::shared_ptr<FrameBudget>& bytes, const std::string& stream)
        : reader(pages, bytes, kFrameMax), feed(stream) {}
    FrameReader reader;
    Feed feed;
    std::vector<SharedBytes> frames;
  };
  std::vector<std::unique_ptr<Side>> sides;
  for (int i = 0; i < 6; i++) sides.push_back(std::make_unique<Side>(slab, small, framed(payload)));
  for (int turn = 0; turn < 10'000; turn++) {
    for (const auto& side : sides) {
      if (side->feed.done() || !side->reader.unblock()) continue;
      ASSERT_TRUE(side->feed.read_into(side->reader, 40'000, side->frames));
      EXPECT_LE(small->used_bytes(), (1U << 20) + payload.size());
      if (side->frames.empty()) continue;
      EXPECT_EQ(side->frames[0].text(), payload);
      side->frames.clear();
    }
  }
  for (const auto& side : sides) EXPECT_TRUE(side->feed.done());
  EXPECT_EQ(small->used_bytes(), 0U);
}

}  // namespace
}  // namespace ropewalk::rpc
