#include "common/uuid.h"

#include <gtest/gtest.h>

namespace ropewalk {
namespace {

Uuid counting_up() {
  Uuid uuid;
  for (std::size_t i = 0; i < Uuid::kSize; i++) uuid.bytes[i] = static_cast<std::uint8_t>(i * 17);
  return uuid;
}

// The text is what java.util.Base64's url encoder without padding gives for these bytes.
TEST(Uuid, PrintsAsKafkaDoes) {
  EXPECT_EQ(counting_up().to_base64(), "ABEiM0RVZneImaq7zN3u_w");
  EXPECT_EQ(counting_up().to_hex(), "00112233445566778899aabbccddeeff");
}

TEST(Uuid, ReadsBackWhatItPrints) {
  EXPECT_EQ(Uuid::from_base64(counting_up().to_base64()).value(), counting_up());
  EXPECT_EQ(Uuid::from_hex(counting_up().to_hex()).value(), counting_up());
  EXPECT_EQ(Uuid::from_bytes(counting_up().to_bytes()).value(), counting_up());
}

TEST(Uuid, RefusesWhatIsNoId) {
  EXPECT_FALSE(Uuid::from_base64("short"));
  EXPECT_FALSE(Uuid::from_base64("ABEiM0RVZneImaq7zN3u_!"));
  EXPECT_FALSE(Uuid::from_base64("ABEiM0RVZneImaq7zN3u_x"));  // Bits beyond the last byte.
  EXPECT_FALSE(Uuid::from_hex("00112233445566778899AABBCCDDEEFF"));
  EXPECT_FALSE(Uuid::from_hex(""));
  EXPECT_FALSE(Uuid::from_bytes("123"));
  EXPECT_TRUE(Uuid::from_bytes("")->is_none());
}

}  // namespace
}  // namespace ropewalk
