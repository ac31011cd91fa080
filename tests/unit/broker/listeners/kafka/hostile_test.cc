// What a peer can do with lengths and counts.
#include <cstddef>
#include <new>
#include <string>

#include <gtest/gtest.h>

#include "broker/listeners/kafka/codec/reader.h"
#include "tests/unit/broker/listeners/kafka/frames.h"
#include "tests/unit/broker/listeners/kafka/largest_allocation.h"

namespace ropewalk::kafka {
namespace {

// In memory an element is larger than on the wire, but not by much: architecture, D8.
constexpr std::size_t kGrowthMax = 32;
constexpr std::size_t kMessageBytesMax = 1024;  // Texts of errors among it.

template <Message M>
void expect_modest(const std::string& bytes, std::int16_t version) {
  const SharedBytes frame(bytes);
  forget_allocations();
  const auto read = read_frame<M>(frame, version);
  EXPECT_LE(largest_allocation(), kGrowthMax * bytes.size() + kMessageBytesMax)
      << (read ? "read" : to_string(read.error()));
}

TEST(HostileCounts, AreMeasuredByACounterThatSees) {
  forget_allocations();
  // Not an expression with `new`: the compiler may leave those out.
  constexpr std::size_t kLarge = 100'000;
  ::operator delete(::operator new(kLarge));
  EXPECT_EQ(largest_allocation(), kLarge);
}

TEST(HostileCounts, AreRefusedBeforeAnythingIsAllocatedForThem) {
  const std::string lies[] = {std::string("\x7f\xff\xff\xff", 4),
                              std::string("\xff\xff\xff\xfe", 4),
                              std::string("\x80\x00\x00\x00", 4),
                              std::string("\x7f\xff", 2),
                              std::string("\xff\xfe", 2),
                              std::string("\xff\xff\xff\xff\x0f", 5),
                              std::string("\xff\xff\xff\xff\xff", 5),
                              std::string("\xff", 1)};
  for (const auto& golden : golden_frames()) {
    SCOPED_TRACE(golden.name());
    with_message(golden, [&]<class M>() {
      const std::string whole = golden.bytes.substr(4);
      // Wherever a count, a length or the number of tagged fields may stand.
      for (std::size_t at = 4; at < whole.size(); at++) {
        for (const auto& lie : lies) {
          std::string bytes = whole;
          bytes.replace(at, lie.size(), lie);
          expect_modest<M>(bytes, golden.version);
        }
      }
    });
  }
}

Error error_of(const Result<MetadataRequest>& read) {
  return read ? Error{Errc::none, "read"} : read.error();
}

TEST(HostileCounts, AreNamedWithMessageFieldAndPosition) {
  const auto body = [](std::string text) { return SharedBytes(std::move(text)); };
  const auto huge = error_of(read_body<MetadataRequest>(body({"\x7f\xff\xff\xff", 4}), 0, 1));
  EXPECT_EQ(huge.code, Errc::invalid_request);
  EXPECT_EQ(huge.context,
            "Metadata request v1: topics at byte 4: 2147483647 of at least 2 bytes each wanted, 0 "
            "bytes left");
  const auto negative = error_of(read_body<MetadataRequest>(body({"\xff\xff\xff\xfe", 4}), 0, 1));
  EXPECT_EQ(negative.context, "Metadata request v1: topics at byte 4: a length or count of -2");
  const auto null = error_of(read_body<MetadataRequest>(body({"\xff\xff\xff\xff", 4}), 0, 0));
  EXPECT_EQ(null.context, "Metadata request v0: topics at byte 4: null where the version has none");
  const auto inside =
      error_of(read_body<MetadataRequest>(body(std::string("\x00\x00\x00\x02\x00\x01"
                                                           "a\x00\x05"
                                                           "b",
                                                           10)),
                                          0, 1));
  EXPECT_EQ(inside.context,
            "Metadata request v1: name at byte 9: 5 of at least 1 bytes each wanted, 1 bytes left");
}

// A large frame of records must not bring as many partitions.
TEST(HostileCounts, OfHonestListsEndAtABound) {
  ProduceRequest many;
  many.topics.emplace_back().partitions.resize(Reader::kElementBytesMax / sizeof(ProducePartition));
  const auto frame = write_frame<ProduceRequest>({}, 3, many);
  ASSERT_TRUE(frame);
  const auto read = read_frame<ProduceRequest>(SharedBytes(text_of(*frame).substr(4)), 3);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Errc::invalid_request);
  EXPECT_NE(read.error().context.find("16777216 bytes in memory"), std::string::npos)
      << read.error().context;
}

TEST(HostileCounts, AreNoLongerThan32Bits) {
  const SharedBytes bytes(std::string("\xff\xff\xff\xff\x1f\x00\x00\x00", 8));
  const auto read = read_body<MetadataRequest>(bytes, 0, 9);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().context,
            "Metadata request v9: topics at byte 5: a varint of more than 32 bits");
}

// What librdkafka 2.16 sends to hear of all topics: four bytes for a count of one.
TEST(AskingForAllTopics, MayBeFollowedByBytes) {
  const SharedBytes bytes(std::string("\x00\x00\x00\x00\x01\x00\x00", 7));
  const auto read = read_body<MetadataRequest>(bytes, 0, 12);
  ASSERT_TRUE(read) << to_string(read.error());
  EXPECT_EQ(read->topics, std::nullopt);
}

// version 9: no topics (null), three booleans, then the tagged fields.
std::string metadata_with_tags(std::string tags) {
  return std::string("\x00\x01\x00\x00", 4) + std::move(tags);
}

TEST(TaggedFields, ThatAreUnknownAreSkipped) {
  const SharedBytes bytes(metadata_with_tags({"\x02\x07\x03xyz\xff\x01\x00", 9}));
  const auto read = read_body<MetadataRequest>(bytes, 0, 9);
  ASSERT_TRUE(read) << to_string(read.error());
  EXPECT_EQ(read->topics, std::nullopt);
}

TEST(TaggedFields, ThatDoNotFillTheirSizeOrTheFrameAreFaults) {
  for (const std::string& tags :
       {std::string("\x01\x07\x04xyz", 6), std::string("\x02\x07\x01x", 4), std::string("\x05", 1),
        std::string("\xff\xff\xff\xff\x0f\x07\x00", 7)}) {
    const SharedBytes bytes(metadata_with_tags(tags));
    EXPECT_FALSE(read_body<MetadataRequest>(bytes, 0, 9));
  }
  // Fetch's cluster id is field 0: 'ab' in a field of four bytes leaves one over.
  FetchRequest fetch;
  fetch.cluster_id = "ab";
  const auto written = write_frame<FetchRequest>({}, 12, fetch);
  ASSERT_TRUE(written);
  std::string text = text_of(*written).substr(4);
  const std::size_t at = text.rfind(
      "\x03\x03"
      "ab");
  ASSERT_NE(at, std::string::npos);
  text[at] = '\x04';
  EXPECT_FALSE(read_frame<FetchRequest>(SharedBytes(text + "c"), 12));
}

TEST(TaggedFields, InWhatStandsInsideOneEndWithIt) {
  FetchPartitionResponse partition;
  partition.current_leader = FetchLeader{3, 9};
  FetchResponse response;
  response.topics.push_back({"a", {partition}});
  const auto written = write_frame<FetchResponse>({}, 12, response);
  ASSERT_TRUE(written);
  const auto read = read_frame<FetchResponse>(SharedBytes(text_of(*written).substr(4)), 12);
  ASSERT_TRUE(read) << to_string(read.error());
  const auto& again = read->body.topics.at(0).partitions.at(0);
  ASSERT_TRUE(again.current_leader);
  EXPECT_EQ(again.current_leader->leader_id, 3);
  EXPECT_EQ(again.current_leader->leader_epoch, 9);
  EXPECT_FALSE(again.diverging_epoch);
}

}  // namespace
}  // namespace ropewalk::kafka
