#include "common/wire/frame.h"

#include <string>

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/util/delimited_message_util.h>
#include <gtest/gtest.h>

#include "common/wire/varint.h"
#include "ropewalk/v1/metadata.pb.h"

namespace ropewalk::wire {
namespace {

v1::RequestHeader some_header() {
  v1::RequestHeader header;
  header.set_api_key(v1::API_METADATA);
  header.set_api_version(1);
  header.set_correlation_id(300);
  header.set_client_id("test");
  return header;
}

SharedBytes without_length(const SharedBytes& whole) {
  return whole.slice(kLengthBytes, whole.size() - kLengthBytes);
}

Errc length_error(std::string_view bytes) {
  const auto length = decode_length(as_bytes(bytes), 1 << 20);
  return length ? Errc::none : length.error().code;
}

// Another implementation is told to write a delimited message and a plain one.
TEST(Frame, IsWhatTheProtoFileSays) {
  v1::MetadataRequest body;
  body.add_topic_names("orders");
  std::string expected;
  {
    google::protobuf::io::StringOutputStream out(&expected);
    google::protobuf::util::SerializeDelimitedToZeroCopyStream(some_header(), &out);
    google::protobuf::io::CodedOutputStream coded(&out);
    body.SerializeToCodedStream(&coded);
  }
  const SharedBytes whole = encode_frame(some_header(), body);
  EXPECT_EQ(load_be<std::uint32_t>(whole.data()), expected.size());
  EXPECT_EQ(without_length(whole).text(), expected);
}

TEST(Frame, ReadsBackWhatItWrote) {
  v1::MetadataRequest body;
  body.add_topic_names("orders");
  auto request = decode_request(without_length(encode_frame(some_header(), body)));
  ASSERT_TRUE(request) << to_string(request.error());
  EXPECT_EQ(request->header.SerializeAsString(), some_header().SerializeAsString());
  v1::MetadataRequest parsed;
  ASSERT_TRUE(parse(request->body.span(), parsed));
  EXPECT_EQ(parsed.SerializeAsString(), body.SerializeAsString());
}

TEST(Frame, BodySharesTheFrame) {
  v1::MetadataRequest body;
  body.add_topic_names("orders");
  const SharedBytes frame = without_length(encode_frame(some_header(), body));
  auto request = decode_request(frame);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->body.data() + request->body.size(), frame.data() + frame.size());
}

TEST(Frame, RefusesLengthsThatCannotBe) {
  using namespace std::string_view_literals;
  EXPECT_EQ(length_error("\x00\x00\x00\x00"sv), Errc::malformed_frame);
  EXPECT_EQ(length_error("\xff\xff\xff\xff"sv), Errc::malformed_frame);
  EXPECT_EQ(length_error("\x80\x00\x00\x00"sv), Errc::malformed_frame);
  EXPECT_EQ(length_error("\x00\x10\x00\x01"sv), Errc::frame_too_large);
  EXPECT_EQ(length_error("\x00\x10\x00\x00"sv), Errc::none);
  EXPECT_EQ(length_error("\x00\x00\x00\x02"sv), Errc::none);
}

TEST(Frame, SaysWhoIsAtTheWrongPort) {
  const auto words = [](std::string_view bytes) {
    const auto length = decode_length(as_bytes(bytes), 100 << 20);
    return length ? std::string() : length.error().context;
  };
  using namespace std::string_view_literals;
  EXPECT_THAT(words("GET / HTTP/1.1"), testing::HasSubstr("HTTP"));
  EXPECT_THAT(words("POST /"), testing::HasSubstr("HTTP"));
  EXPECT_THAT(words("PRI * HTTP/2.0"), testing::HasSubstr("HTTP"));
  EXPECT_THAT(words("\x16\x03\x01\x02\x00"sv), testing::HasSubstr("TLS"));
  EXPECT_THAT(words("\x7f\xff\xff\xff"sv), testing::Not(testing::HasSubstr("looks like")));
  // Kafka's ApiVersions v3, correlation 1, client id "rdkafka".
  const auto kafka =
      decode_request(SharedBytes(std::string("\0\x12\0\x03\0\0\0\x01\0\x07rdkafka\0", 18)));
  ASSERT_FALSE(kafka);
  EXPECT_THAT(kafka.error().context, testing::HasSubstr("Kafka"));
}

TEST(Frame, RefusesHeadersThatDoNotFit) {
  using namespace std::string_literals;
  for (const auto& bytes : {
           "\x05\x08"s,                                      // Longer than the frame.
           "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"s,  // No end.
           "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"s,      // 2^64 - 1.
           "\x02\x08\x80"s,                                  // A number cut off inside.
           "\x00"s, "\x00\x00"s,                             // Empty: no api key.
           "\x03\x22\x01\xff"s,                              // Text that is not UTF-8.
       }) {
    const auto request = decode_request(SharedBytes(bytes));
    ASSERT_FALSE(request);
    EXPECT_EQ(request.error().code, Errc::malformed_frame);
  }
}

// Every cut of a good frame, and every flipped bit of its first bytes, is an answer and no crash.
TEST(Frame, SurvivesCutsAndFlips) {
  v1::MetadataRequest body;
  body.add_topic_names("orders");
  const std::string good(without_length(encode_frame(some_header(), body)).text());
  for (std::size_t cut = 0; cut < good.size(); cut++) {
    auto request = decode_request(SharedBytes(good.substr(0, cut)));
    if (request) std::ignore = parse(request->body.span(), body);
  }
  for (std::size_t bit = 0; bit < good.size() * 8; bit++) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    auto request = decode_request(SharedBytes(bad));
    if (request) std::ignore = parse(request->body.span(), body);
  }
}

TEST(Varint, SizesAndRoundTrips) {
  for (unsigned bits = 0; bits < 64; bits++) {
    for (const std::uint64_t value : {(1ULL << bits) - 1, 1ULL << bits, (1ULL << bits) + 1}) {
      std::array<std::byte, kVarintBytesMax> buffer;
      const auto* end = write_varint(buffer.data(), value);
      const auto size = static_cast<std::size_t>(end - buffer.data());
      EXPECT_EQ(size, varint_size(value));
      EXPECT_EQ(size, google::protobuf::io::CodedOutputStream::VarintSize64(value));
      std::size_t position = 0;
      EXPECT_EQ(read_varint(ByteSpan(buffer).first(size), position).value(), value);
      EXPECT_EQ(position, size);
      position = 0;
      EXPECT_FALSE(read_varint(ByteSpan(buffer).first(size - 1), position));
    }
  }
}

}  // namespace
}  // namespace ropewalk::wire
