#include "common/records/varint.h"

#include <array>
#include <cstdint>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

namespace ropewalk {
namespace {

template <class T>
void expect_round_trip(T value) {
  std::array<std::byte, kMaxVarint64Bytes> bytes{};
  const std::byte* end = write_varint(bytes.data(), value);
  ASSERT_EQ(static_cast<std::size_t>(end - bytes.data()), varint_size(value)) << value;
  T read = 0;
  ASSERT_EQ(read_varint(bytes.data(), end, read), end);
  EXPECT_EQ(read, value);
  EXPECT_EQ(read_varint<T>(bytes.data(), end - 1, read), nullptr) << "cut short: " << value;
}

TEST(Varint, RoundTripsAroundEveryPowerOfTwo) {
  for (int bit = 0; bit < 63; bit++) {
    for (const std::int64_t off : {-1, 0, 1}) {
      const std::int64_t value = (std::int64_t{1} << bit) + off;
      expect_round_trip<std::int64_t>(value);
      expect_round_trip<std::int64_t>(-value);
      expect_round_trip<std::int32_t>(static_cast<std::int32_t>(value));
    }
  }
  expect_round_trip(std::numeric_limits<std::int64_t>::min());
  expect_round_trip(std::numeric_limits<std::int64_t>::max());
  expect_round_trip(std::numeric_limits<std::int32_t>::min());
  expect_round_trip(std::numeric_limits<std::int32_t>::max());
}

// The examples of protobuf's encoding page for sint32.
TEST(Varint, EncodesAsProtobufDoes) {
  EXPECT_EQ(zigzag(std::int32_t{-1}), 1u);
  EXPECT_EQ(zigzag(std::int32_t{1}), 2u);
  EXPECT_EQ(zigzag(std::int32_t{0x7fffffff}), 0xfffffffeu);
  EXPECT_EQ(zigzag(std::numeric_limits<std::int32_t>::min()), 0xffffffffu);
}

TEST(Varint, RefusesMoreBitsThanTheTypeHas) {
  const std::vector<std::byte> six(6, std::byte{0x80});
  std::int32_t narrow = 0;
  EXPECT_EQ(read_varint(six.data(), six.data() + six.size(), narrow), nullptr);
  std::vector<std::byte> five(4, std::byte{0xFF});
  five.push_back(std::byte{0x1F});  // Bit 32 set.
  EXPECT_EQ(read_varint(five.data(), five.data() + five.size(), narrow), nullptr);
  five.back() = std::byte{0x0F};
  EXPECT_NE(read_varint(five.data(), five.data() + five.size(), narrow), nullptr);
  const std::vector<std::byte> eleven(11, std::byte{0x80});
  std::int64_t wide = 0;
  EXPECT_EQ(read_varint(eleven.data(), eleven.data() + eleven.size(), wide), nullptr);
}

}  // namespace
}  // namespace ropewalk
