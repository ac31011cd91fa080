// The table of calls, and what stands in front of requests.
#include <algorithm>
#include <iterator>

#include <gtest/gtest.h>

#include "tests/unit/broker/listeners/kafka/frames.h"

namespace ropewalk::kafka {
namespace {

RequestStart start_of(std::string bytes) {
  const auto start = read_request_header(SharedBytes(std::move(bytes)));
  EXPECT_TRUE(start) << to_string(start.error());
  return start ? *start : RequestStart{};
}

TEST(Apis, AreInTheOrderOfTheirKeysAndOfTheCalls) {
  EXPECT_TRUE(std::ranges::is_sorted(kApis, {}, &Api::key));
  std::size_t at = 0;
  for_each_call([&]<class C>() { EXPECT_EQ(kApis[at++], &C::Request::kApi); });
  for (const Api* api : kApis) {
    EXPECT_EQ(find_api(api->key), api);
    EXPECT_LE(api->first, api->last);
    EXPECT_LE(api->advertised_first, api->first);
  }
  EXPECT_EQ(find_api(4), nullptr);
}

// Versions that librdkafka before 2.11 looks for, one by one, to know what it may do.
TEST(Apis, OfferWhatOldClientsLookFor) {
  const auto offered = [](const Api& api, std::int16_t version) {
    return api.advertised_first <= version && version <= api.last;
  };
  EXPECT_TRUE(offered(kProduce, 0));
  EXPECT_FALSE(kProduce.serves(2));
  EXPECT_TRUE(kProduce.serves(3) && kProduce.serves(7));
  EXPECT_TRUE(kFetch.serves(4) && kFetch.serves(10));
  EXPECT_TRUE(kListOffsets.serves(1));
  EXPECT_TRUE(kFindCoordinator.serves(0));
  EXPECT_TRUE(kInitProducerId.serves(0));
  EXPECT_TRUE(kApiVersions.serves(0));
}

TEST(RequestHeader, KeepsItsOldClientIdInFlexibleVersions) {
  // ApiVersions 3, correlation id 1, client id "ab" with a length of two bytes, no tagged fields.
  const auto start =
      start_of({"\x00\x12\x00\x03\x00\x00\x00\x01\x00\x02"
                "ab\x00",
                13});
  EXPECT_EQ(start.api, &kApiVersions);
  EXPECT_EQ(start.header.client_id, "ab");
  EXPECT_EQ(start.body_at, 13u);
}

TEST(RequestHeader, HasNoTaggedFieldsInOldVersions) {
  const auto start = start_of({"\x00\x12\x00\x02\x00\x00\x00\x01\xff\xff", 10});
  EXPECT_EQ(start.api, &kApiVersions);
  EXPECT_EQ(start.header.client_id, std::nullopt);
  EXPECT_EQ(start.body_at, 10u);
}

// A client that asks with a version of the future is told ours, under its correlation id.
TEST(RequestHeader, OfAnUnknownVersionIsReadUpToTheCorrelationId) {
  const auto future = start_of({"\x00\x12\x00\x63\x00\x00\x00\x2a\xff\xff\xff\xff", 12});
  EXPECT_EQ(future.api, nullptr);
  EXPECT_EQ(future.header.api_key, 18);
  EXPECT_EQ(future.header.api_version, 99);
  EXPECT_EQ(future.header.correlation_id, 42);
  EXPECT_EQ(start_of({"\x7f\xff\x00\x00\x00\x00\x00\x2a", 8}).api, nullptr);
  EXPECT_EQ(start_of({"\x00\x00\x00\x02\x00\x00\x00\x2a", 8}).api, nullptr);  // Produce 2.
}

TEST(RequestHeader, ThatIsNoneIsAFault) {
  const auto empty = read_request_header(SharedBytes());
  ASSERT_FALSE(empty);
  EXPECT_EQ(empty.error().code, Errc::invalid_request);
  EXPECT_EQ(empty.error().context,
            "any request header v0: api_key at byte 0: 2 bytes wanted, 0 left");
  EXPECT_FALSE(read_request_header(SharedBytes(std::string("\x00\x12\x00\x02\x00\x00\x00", 7))));
}

TEST(Body, OfAVersionThatIsNotServedIsRefused) {
  const auto read = read_body<ProduceRequest>(SharedBytes(), 0, 2);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Errc::unsupported_version);
}

}  // namespace
}  // namespace ropewalk::kafka
