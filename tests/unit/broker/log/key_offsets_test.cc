#include "broker/log/key_offsets.h"

#include <map>
#include <random>
#include <string>

#include <gtest/gtest.h>

namespace ropewalk::log {
namespace {

TEST(KeyOffsets, RemembersWhereEachKeyStandsLast) {
  KeyOffsets offsets(5000, 7);
  std::map<std::string, Offset> expected;
  std::mt19937_64 random(1);
  for (std::int64_t offset = 0; offset < 100'000; offset++) {
    const std::string key = std::string(random() % 3, 'k') + std::to_string(random() % 1500);
    ASSERT_TRUE(offsets.put(as_bytes(key), Offset(offset)));
    expected[key] = Offset(offset);
  }
  EXPECT_EQ(offsets.size(), expected.size());
  for (const auto& [key, offset] : expected) EXPECT_EQ(offsets.last_of(as_bytes(key)), offset);
  EXPECT_EQ(offsets.last_of(as_bytes("never seen")), std::nullopt);
}

TEST(KeyOffsets, TheEmptyKeyIsOne) {
  KeyOffsets offsets(1, 7);
  EXPECT_EQ(offsets.last_of(as_bytes("")), std::nullopt);
  EXPECT_TRUE(offsets.put(as_bytes(""), Offset(0)));
  EXPECT_EQ(offsets.last_of(as_bytes("")), Offset(0));
}

TEST(KeyOffsets, IsFullAtItsLimit) {
  KeyOffsets offsets(100, 7);
  for (int i = 0; i < 100; i++) EXPECT_TRUE(offsets.put(as_bytes(std::to_string(i)), Offset(i)));
  EXPECT_FALSE(offsets.put(as_bytes("one more"), Offset(100)));
  EXPECT_EQ(offsets.last_of(as_bytes("one more")), std::nullopt);
  EXPECT_TRUE(offsets.put(as_bytes("5"), Offset(101))) << "what is known has its place";
  EXPECT_EQ(offsets.last_of(as_bytes("5")), Offset(101));
  KeyOffsets none(0, 7);
  EXPECT_FALSE(none.put(as_bytes("x"), Offset(0)));
  EXPECT_EQ(none.last_of(as_bytes("x")), std::nullopt);
}

TEST(KeyOffsets, SaysWhatItTakes) {
  EXPECT_GE(KeyOffsets::bytes_for(1000), 24'000u);
  EXPECT_LE(KeyOffsets::bytes_for(1000), 33'000u);
}

}  // namespace
}  // namespace ropewalk::log
