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

std::vector<std::byte> lz4_frame(std::string_view text, LZ4F_frameInfo_t info) {
  LZ4F_preferences_t preferences{};
  preferences.frameInfo = info;
  preferences.frameInfo.blockMode = LZ4F_blockIndependent;
  std::vector<std::byte> packed(LZ4F_compressFrameBound(text.size(), &preferences));
  packed.resize(
      LZ4F_compressFrame(packed.data(), packed.size(), text.data(), text.size(), &preferences));
  return packed;
}
std::vector<std::byte> joined(std::vector<std::byte> first, ByteSpan second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}
// lz4's and zstd's formats share them.
std::vector<std::byte> skippable_frame(std::string_view text) {
  std::vector<std::byte> frame(8);
  store_be(frame.data(), std::uint32_t{0x502A4D18});
  frame[4] = static_cast<std::byte>(text.size());
  return joined(frame, as_bytes(text));
}

// C61: some of Kafka's clients read none of these, so none is stored.
TEST(CompressionLz4, RefusesWhatNotEveryClientReads) {
  const auto plain = lz4_frame("some records", {});
  ASSERT_EQ(decompress_error(Codec::lz4, plain, 100), Errc::none);
  EXPECT_EQ(decompress_error(Codec::lz4, joined(plain, plain), 100), Errc::corrupt_message);
  EXPECT_EQ(decompress_error(Codec::lz4, joined(skippable_frame("note"), plain), 100),
            Errc::corrupt_message);
  EXPECT_EQ(decompress_error(Codec::lz4, joined(plain, skippable_frame("note")), 100),
            Errc::corrupt_message);
  LZ4F_frameInfo_t named{};
  named.dictID = 5;
  const auto dictionary = lz4_frame("some records", named);
  EXPECT_EQ(decompress_error(Codec::lz4, dictionary, 100), Errc::corrupt_message);
  auto wrong_header = plain;
  wrong_header[6] ^= std::byte{1};  // Kafka's clients before 0.10 had it wrong.
  EXPECT_EQ(decompress_error(Codec::lz4, wrong_header, 100), Errc::corrupt_message);
}

TEST(CompressionLz4, ChecksTheChecksumsThatAFrameHas) {
  const std::string text(1000, 'r');
  for (const bool of_content : {true, false}) {
    LZ4F_frameInfo_t info{};
    if (of_content)
      info.contentChecksumFlag = LZ4F_contentChecksumEnabled;
    else
      info.blockChecksumFlag = LZ4F_blockChecksumEnabled;
    auto packed = lz4_frame(text, info);
    EXPECT_EQ(decompress_error(Codec::lz4, packed, text.size()), Errc::none);
    // A block's stands before the four bytes of the end mark.
    packed[packed.size() - (of_content ? 1 : 5)] ^= std::byte{1};
    EXPECT_EQ(decompress_error(Codec::lz4, packed, text.size()), Errc::corrupt_message);
  }
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

// One block as it is, no content size. RFC 8878, section 3.1.1.
std::vector<std::byte> zstd_frame(int window_log, std::string_view text) {
  const std::size_t block = text.size() << 3 | 1;  // The last one, raw.
  std::vector<std::byte> frame{std::byte{0x28}, std::byte{0xB5}, std::byte{0x2F}, std::byte{0xFD},
                               std::byte{0}};
  frame.push_back(static_cast<std::byte>((window_log - 10) << 3));
  for (const int shift : {0, 8, 16}) frame.push_back(static_cast<std::byte>(block >> shift));
  return joined(frame, as_bytes(text));
}

// C62: all that is legal is read, wherever it stands.
TEST(CompressionZstd, ReadsSeveralFramesAndStepsOverSkippableOnes) {
  std::vector<std::byte> packed = skippable_frame("first");
  packed = joined(packed, compressed(Codec::zstd, as_bytes("one ")));
  packed = joined(packed, skippable_frame("between"));
  packed = joined(packed, zstd_frame(10, "two"));
  packed = joined(packed, skippable_frame(""));
  std::vector<std::byte> out;
  const auto done = decompress(Codec::zstd, packed, 100, out);
  ASSERT_TRUE(done) << to_string(done.error());
  EXPECT_EQ(as_text(ByteSpan(out)), "one two");
  packed.pop_back();
  EXPECT_EQ(decompress_error(Codec::zstd, packed, 100), Errc::corrupt_message);
}

// C62: `zstd --long=27` and `--ultra --long=31`. A window is memory, whatever the frame holds;
// Kafka's clients take up to 2^27.
TEST(CompressionZstd, ReadsWindowsAsLargeAsTheOutputMayBeAndAsClientsTake) {
  EXPECT_EQ(decompress_error(Codec::zstd, zstd_frame(27, "far"), 64 << 20), Errc::none);
  EXPECT_EQ(decompress_error(Codec::zstd, zstd_frame(23, "far"), 100), Errc::none);
  EXPECT_EQ(decompress_error(Codec::zstd, zstd_frame(27, "far"), 100), Errc::message_too_large);
  EXPECT_EQ(decompress_error(Codec::zstd, zstd_frame(31, "far"), std::size_t{1} << 31),
            Errc::message_too_large);
}

TEST(CompressionZstd, ChecksTheChecksumThatAFrameHas) {
  const std::string text(1000, 'r');
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  std::vector<std::byte> packed(1000);
  packed.resize(ZSTD_compress2(context, packed.data(), packed.size(), text.data(), text.size()));
  ZSTD_freeCCtx(context);
  EXPECT_EQ(decompress_error(Codec::zstd, packed, text.size()), Errc::none);
  packed.back() ^= std::byte{1};
  EXPECT_EQ(decompress_error(Codec::zstd, packed, text.size()), Errc::corrupt_message);
}

// C62: some clients ask the frame how much memory they need.
TEST(CompressionZstd, WritesOneFrameWithItsContentSize) {
  const std::vector<std::byte> in(200'000);
  const auto packed = compressed(Codec::zstd, in);
  EXPECT_EQ(ZSTD_getFrameContentSize(packed.data(), packed.size()), in.size());
  EXPECT_EQ(ZSTD_findFrameCompressedSize(packed.data(), packed.size()), packed.size());
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

// C64: Java's blocks hold 32 KiB each.
TEST(CompressionSnappy, ReadsSeveralBlocksAndRefusesALastOneThatIsCut) {
  std::mt19937 random(4);
  std::vector<std::byte> in(100'000);
  for (std::byte& byte : in) byte = static_cast<std::byte>(random());
  const auto packed = compressed(Codec::snappy, in);
  std::size_t blocks = 0;
  for (std::size_t at = 16; at < packed.size(); blocks++)
    at += 4 + load_be<std::uint32_t>(packed.data() + at);
  EXPECT_EQ(blocks, 4u);
  EXPECT_EQ(decompress_error(Codec::snappy, packed, in.size()), Errc::none);
  for (const std::size_t cut : {1u, 100u, 1690u})  // Within the last block: 1,696 bytes of records.
    EXPECT_EQ(
        decompress_error(Codec::snappy, ByteSpan(packed).first(packed.size() - cut), in.size()),
        Errc::corrupt_message)
        << cut;
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
