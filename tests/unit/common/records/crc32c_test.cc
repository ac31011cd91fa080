#include "common/records/crc32c.h"

#include <numeric>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace ropewalk {
namespace {

// RFC 3720, B.4, and the check value of the CRC catalogues.
TEST(Crc32c, GivesTheVectorsOfRfc3720) {
  std::vector<std::byte> bytes(32, std::byte{0});
  EXPECT_EQ(crc32c(bytes), 0x8A9136AAu);
  EXPECT_EQ(crc32c_portable(bytes), 0x8A9136AAu);
  std::ranges::fill(bytes, std::byte{0xFF});
  EXPECT_EQ(crc32c(bytes), 0x62A8AB43u);
  EXPECT_EQ(crc32c_portable(bytes), 0x62A8AB43u);
  for (std::size_t i = 0; i < bytes.size(); i++) bytes[i] = static_cast<std::byte>(i);
  EXPECT_EQ(crc32c(bytes), 0x46DD794Eu);
  EXPECT_EQ(crc32c_portable(bytes), 0x46DD794Eu);
  std::ranges::reverse(bytes);
  EXPECT_EQ(crc32c(bytes), 0x113FDB5Cu);
  EXPECT_EQ(crc32c_portable(bytes), 0x113FDB5Cu);
  EXPECT_EQ(crc32c(as_bytes("123456789")), 0xE3069283u);
  EXPECT_EQ(crc32c({}), 0u);
}

TEST(Crc32c, BothImplementationsAgreeAtEveryLengthAndAlignment) {
  std::mt19937 random(7);
  std::vector<std::byte> bytes(400);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
  for (std::size_t start = 0; start < 9; start++) {
    for (std::size_t length = 0; length + start <= bytes.size(); length++) {
      const ByteSpan part = ByteSpan(bytes).subspan(start, length);
      ASSERT_EQ(crc32c(part), crc32c_portable(part)) << start << " " << length;
    }
  }
}

TEST(Crc32c, ContinuesWhereAnotherPartEnded) {
  const std::string_view text = "the quick brown fox jumps over the lazy dog";
  for (std::size_t cut = 0; cut <= text.size(); cut++) {
    const auto front = as_bytes(text.substr(0, cut));
    const auto back = as_bytes(text.substr(cut));
    EXPECT_EQ(crc32c(back, crc32c(front)), crc32c(as_bytes(text)));
    EXPECT_EQ(crc32c_portable(back, crc32c_portable(front)), crc32c(as_bytes(text)));
  }
}

}  // namespace
}  // namespace ropewalk
