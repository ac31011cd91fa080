// Frames as they are written: pieces and their order, headers, and what cannot be said.
#include <string>
#include <variant>

#include <gtest/gtest.h>

#include "tests/unit/broker/listeners/kafka/frames.h"

namespace ropewalk::kafka {
namespace {

FetchPartitionResponse partition_of(std::vector<env::Chunk> chunks) {
  FetchPartitionResponse partition;
  partition.records = std::move(chunks);
  return partition;
}

TEST(Writer, PutsFilesBetweenPiecesOfOneBuffer) {
  FetchResponse response;
  const env::FileRange range{nullptr, 4096, 70'000};
  const SharedBytes in_memory(std::string("batch"));
  response.topics.push_back({"a", {partition_of({range, in_memory}), partition_of({})}});
  const auto written = write_frame<FetchResponse>({7}, 11, response);
  ASSERT_TRUE(written) << to_string(written.error());
  ASSERT_EQ(written->size(), 4u);
  const auto& front = std::get<SharedBytes>((*written)[0]);
  const auto& file = std::get<env::FileRange>((*written)[1]);
  const auto& memory = std::get<SharedBytes>((*written)[2]);
  const auto& back = std::get<SharedBytes>((*written)[3]);
  EXPECT_EQ(file.position, 4096u);
  EXPECT_EQ(file.length, 70'000u);
  EXPECT_EQ(memory.data(), in_memory.data());
  EXPECT_EQ(front.owner(), back.owner());
  EXPECT_EQ(front.data() + front.size(), back.data());
  EXPECT_EQ(load_be<std::int32_t>(front.data() + front.size() - 4), 70'005);
  EXPECT_EQ(static_cast<std::size_t>(load_be<std::int32_t>(front.data())),
            front.size() - 4 + 70'005 + back.size());
}

TEST(Writer, TellsNoRecordsFromNull) {
  FetchResponse response;
  response.topics.push_back({"a", {partition_of({}), FetchPartitionResponse{}}});
  for (std::int16_t version = 11; version <= 12; version++) {
    const auto written = write_frame<FetchResponse>({7}, version, response);
    ASSERT_TRUE(written);
    ASSERT_EQ(written->size(), 1u);
    const auto read = read_frame<FetchResponse>(SharedBytes(text_of(*written).substr(4)), version);
    ASSERT_TRUE(read) << to_string(read.error());
    EXPECT_TRUE(read->body.topics.at(0).partitions.at(0).records);
    EXPECT_FALSE(read->body.topics.at(0).partitions.at(1).records);
  }
}

TEST(Writer, AnswersApiVersionsWithTheOldHeader) {
  ApiVersionsResponse response;
  response.api_keys.push_back({18, 0, 4});
  const auto written = write_frame<ApiVersionsResponse>({0x0a0b0c0d}, 3, response);
  ASSERT_TRUE(written);
  // length, correlation id and no tagged fields; error 0, one element of 7 bytes, throttle time 0,
  // no tagged fields.
  EXPECT_EQ(text_of(*written), std::string("\0\0\0\x13\x0a\x0b\x0c\x0d\0\0\x02\0\x12\0\0\0\x04\0"
                                           "\0\0\0\0\0",
                                           23));
}

TEST(Writer, AnswersFlexibleVersionsWithTheNewHeader) {
  const auto old = write_frame<InitProducerIdResponse>({1}, 1, {});
  const auto flexible = write_frame<InitProducerIdResponse>({1}, 2, {});
  ASSERT_TRUE(old && flexible);
  // Tagged fields in the header and in the body: two bytes that say "none".
  EXPECT_EQ(text_of(*flexible).size(), text_of(*old).size() + 2);
}

TEST(Writer, RefusesWhatTheVersionCannotSay) {
  MetadataResponse nameless;
  nameless.topics.emplace_back();
  EXPECT_TRUE(write_frame<MetadataResponse>({1}, 12, nameless));
  const auto unnamed = write_frame<MetadataResponse>({1}, 11, nameless);
  ASSERT_FALSE(unnamed);
  EXPECT_EQ(unnamed.error().code, Errc::unknown_server_error);
  EXPECT_EQ(unnamed.error().context,
            "Metadata response v11: name cannot be written: null where the version has none");

  CreateTopicsResponse wordy;
  wordy.topics.emplace_back().error_message = std::string(40'000, 'x');
  EXPECT_TRUE(write_frame<CreateTopicsResponse>({1}, 5, wordy));
  const auto too_long = write_frame<CreateTopicsResponse>({1}, 4, wordy);
  ASSERT_FALSE(too_long);
  EXPECT_EQ(too_long.error().context,
            "CreateTopics response v4: error_message cannot be written: a text of 40000 bytes");

  FetchResponse huge;
  const env::FileRange range{nullptr, 0, std::size_t{1} << 30};
  huge.topics.push_back({"a", {partition_of({range}), partition_of({range})}});
  EXPECT_FALSE(write_frame<FetchResponse>({1}, 11, huge));
}

}  // namespace
}  // namespace ropewalk::kafka
