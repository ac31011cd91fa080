#include "common/records/compression.h"

#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <lz4frame.h>
#include <snappy.h>
#include <zstd.h>

namespace ropewalk {
namespace {

std::vector<std::byte> bytes_of(std::string_view text) {
  const ByteSpan span = as_bytes(text);
  return {span.begin(), span.end()};
}
std::vector<std::byte> compressed(Codec codec, ByteSpan in) {
  std::vector<std::byte> out;
  EXPECT_TRUE(compress(codec, in, out));
  return out;
}
Errc decompress_error(Codec codec, ByteSpan in, std::size_t limit) {
  std::vector<std::byte> out;
  auto done = decompress(codec, in, limit, out);
  EXPECT_LE(out.size(), limit);
  return done ? Errc::none : done.error().code;
}

class Compression : public testing::TestWithParam<Codec> {};

TEST_P(Compression, RoundTripsBehindWhatIsThere) {
  std::mt19937 random(3);
  for (const std::size_t size : {0u, 1u, 61u, 1000u, 65536u, 300'000u, 2'000'000u}) {
    std::vector<std::byte> in(size);
    for (std::byte& byte : in) byte = static_cast<std::byte>(random() % 7);
    std::vector<std::byte> packed = bytes_of("head");
    ASSERT_TRUE(compress(GetParam(), in, packed));
    std::vector<std::byte> out = bytes_of("front");
    ASSERT_TRUE(decompress(GetParam(), ByteSpan(packed).subspan(4), size, out)) << size;
    ASSERT_EQ(out.size(), size + 5);
    EXPECT_TRUE(std::equal(in.begin(), in.end(), out.begin() + 5));
  }
}

TEST_P(Compression, StopsAtTheLimit) {
  const auto bomb = compressed(GetParam(), std::vector<std::byte>(8 << 20));
  EXPECT_EQ(decompress_error(GetParam(), bomb, 8 << 20), Errc::none);
  EXPECT_EQ(decompress_error(GetParam(), bomb, (8 << 20) - 1), Errc::message_too_large);
  EXPECT_EQ(decompress_error(GetParam(), bomb, 0), Errc::message_too_large);
}

INSTANTIATE_TEST_SUITE_P(Codecs, Compression,
                         testing::Values(Codec::none, Codec::gzip, Codec::snappy, Codec::lz4,
                                         Codec::zstd),
                         [](const auto& codec) { return std::string(to_string(codec.param)); });

class FramedCompression : public testing::TestWithParam<Codec> {};

TEST_P(FramedCompression, RefusesEveryTruncation) {
  const auto packed = compressed(GetParam(), as_bytes("some records, some records, some more"));
  for (std::size_t size = 0; size < packed.size(); size++)
    EXPECT_EQ(decompress_error(GetParam(), ByteSpan(packed).first(size), 1000),
              Errc::corrupt_message)
        << size;
}

TEST_P(FramedCompression, RefusesBytesBehindTheFrame) {
  auto packed = compressed(GetParam(), as_bytes("some records"));
  packed.push_back(std::byte{1});
  EXPECT_EQ(decompress_error(GetParam(), packed, 1000), Errc::corrupt_message);
}

TEST_P(FramedCompression, SurvivesFlippedBits) {
  const auto packed = compressed(GetParam(), as_bytes("some records, some records, some more"));
  for (std::size_t bit = 0; bit < packed.size() * 8; bit++) {
    auto damaged = packed;
    damaged[bit / 8] ^= static_cast<std::byte>(1 << (bit % 8));
    std::vector<std::byte> out;
    (void)decompress(GetParam(), damaged, 1000, out);  // Any answer, no crash (ASan watches).
    EXPECT_LE(out.size(), 1000u);
  }
}

TEST_P(FramedCompression, GoesOnAfterAFailure) {
  const auto packed = compressed(GetParam(), as_bytes("whole"));
  EXPECT_NE(decompress_error(GetParam(), ByteSpan(packed).first(packed.size() - 1), 100),
            Errc::none);
  EXPECT_EQ(decompress_error(GetParam(), packed, 100), Errc::none);
}

INSTANTIATE_TEST_SUITE_P(Codecs, FramedCompression,
                         testing::Values(Codec::gzip, Codec::snappy, Codec::lz4, Codec::zstd),
                         [](const auto& codec) { return std::string(to_string(codec.param)); });

// Java's clients demand: magic 0x184D2204, version 01, block independence set.
TEST(CompressionLz4, WritesIndependentBlocks) {
  const auto packed = compressed(Codec::lz4, std::vector<std::byte>(200'000));
  ASSERT_GE(packed.size(), 7u);
  EXPECT_EQ(load_be<std::uint32_t>(packed.data()), 0x04224D18u);
  EXPECT_EQ(std::to_integer<int>(packed[4]) >> 5, 0b011);
}

TEST(CompressionLz4, RefusesDependentBlocks) {
  LZ4F_preferences_t preferences{};
  preferences.frameInfo.blockMode = LZ4F_blockLinked;
  const std::vector<std::byte> in(200'000);
  std::vector<std::byte> packed(LZ4F_compressFrameBound(in.size(), &preferences));
  packed.resize(
      LZ4F_compressFrame(packed.data(), packed.size(), in.data(), in.size(), &preferences));
  EXPECT_EQ(decompress_error(Codec::lz4, packed, in.size()), Errc::corrupt_message);
}

// Streaming producers (Java's) do not state the size.
TEST(CompressionZstd, ReadsAFrameOfUnknownContentSize) {
  const std::string text(100'000, 'r');
  ZSTD_CCtx* context = ZSTD_createCCtx();
  std::vector<std::byte> packed(1000);
  ZSTD_inBuffer in{text.data(), text.size(), 0};
  ZSTD_outBuffer out{packed.data(), packed.size(), 0};
  ZSTD_compressStream2(context, &out, &in, ZSTD_e_continue);  // A first call without the end:
  ZSTD_compressStream2(context, &out, &in, ZSTD_e_end);       // the size is unknown to the frame.
  ZSTD_freeCCtx(context);
  packed.resize(out.pos);
  ASSERT_EQ(ZSTD_getFrameContentSize(packed.data(), packed.size()), ZSTD_CONTENTSIZE_UNKNOWN);
  EXPECT_EQ(decompress_error(Codec::zstd, packed, text.size()), Errc::none);
}

// Java's: magic, two versions, then blocks of up to 32 KiB.
TEST(CompressionSnappy, WritesTheFramingOfJavasClients) {
  const auto packed = compressed(Codec::snappy, std::vector<std::byte>(100'000));
  ASSERT_GE(packed.size(), 20u);
  EXPECT_EQ(as_text(ByteSpan(packed).first(8)), std::string_view("\x82SNAPPY\0", 8));
  EXPECT_EQ(load_be<std::uint32_t>(packed.data() + 8), 1u);
  EXPECT_EQ(load_be<std::uint32_t>(packed.data() + 12), 1u);
}

// librdkafka's: no framing at all.
TEST(CompressionSnappy, ReadsABareBlock) {
  const std::string text(100'000, 's');
  std::string packed;
  snappy::Compress(text.data(), text.size(), &packed);
  std::vector<std::byte> out;
  ASSERT_TRUE(decompress(Codec::snappy, as_bytes(packed), text.size(), out));
  EXPECT_EQ(as_text(ByteSpan(out)), text);
  EXPECT_EQ(decompress_error(Codec::snappy, as_bytes(packed), text.size() - 1),
            Errc::message_too_large);
  EXPECT_EQ(decompress_error(Codec::snappy, as_bytes(packed).first(20), text.size()),
            Errc::corrupt_message);
}

TEST(CompressionGzip, ReadsSeveralMembers) {
  auto packed = compressed(Codec::gzip, as_bytes("one "));
  const auto second = compressed(Codec::gzip, as_bytes("two"));
  packed.insert(packed.end(), second.begin(), second.end());
  std::vector<std::byte> out;
  ASSERT_TRUE(decompress(Codec::gzip, packed, 100, out));
  EXPECT_EQ(as_text(ByteSpan(out)), "one two");
}

TEST(CompressionCodec, NamesTheAcceptedOnesWhenItRefuses) {
  const auto refused = codec_of(5);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::unsupported_compression_type);
  EXPECT_NE(refused.error().context.find("none, gzip, snappy, lz4, zstd"), std::string::npos);
  std::vector<std::byte> out;
  EXPECT_EQ(compress(static_cast<Codec>(5), {}, out).error().code,
            Errc::unsupported_compression_type);
  EXPECT_EQ(decompress_error(static_cast<Codec>(5), {}, 10), Errc::unsupported_compression_type);
  EXPECT_EQ(codec_named("brotli").error().code, Errc::unsupported_compression_type);
  EXPECT_EQ(codec_named("zstd").value(), Codec::zstd);
}

}  // namespace
}  // namespace ropewalk
