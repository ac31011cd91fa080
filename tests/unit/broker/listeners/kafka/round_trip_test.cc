// Every message in every version, with anything in it: what is read is what was written.
#include <gtest/gtest.h>

#include "common/env/random.h"
#include "tests/unit/broker/listeners/kafka/frames.h"
#include "tests/unit/broker/listeners/kafka/visitors.h"

namespace ropewalk::kafka {
namespace {

constexpr int kRounds = 40;

template <Message M>
void round_trip(env::Random& random, std::int16_t version) {
  SCOPED_TRACE(fmt::format("{} {} v{}", M::kApi.name, M::kIsRequest, version));
  M message;
  HeaderOf<M> header;
  FillByChance(random, version).fill(message);
  FillByChance(random, 1).fill(header);
  const auto written = write_frame<M>(header, version, message);
  ASSERT_TRUE(written) << to_string(written.error());
  const SharedBytes whole(text_of(*written));
  ASSERT_EQ(static_cast<std::size_t>(load_be<std::int32_t>(whole.data())), whole.size() - 4);
  const auto read = read_frame<M>(whole.slice(4, whole.size() - 4), version);
  ASSERT_TRUE(read) << to_string(read.error());
  EXPECT_EQ(Show::all(read->body), Show::all(message));
  EXPECT_EQ(read->header.correlation_id, header.correlation_id);
  if constexpr (M::kIsRequest) {
    EXPECT_EQ(read->header.client_id, header.client_id);
    EXPECT_EQ(read->header.api_key, M::kApi.key);
    EXPECT_EQ(read->header.api_version, version);
  }
}

TEST(RoundTrip, OfEveryMessageInEveryVersion) {
  env::Random random(5);
  for_each_call([&]<class C>() {
    const Api& api = C::Request::kApi;
    for (std::int16_t version = api.first; version <= api.last; version++) {
      for (int i = 0; i < kRounds; i++) {
        round_trip<typename C::Request>(random, version);
        round_trip<typename C::Response>(random, version);
      }
    }
  });
}

}  // namespace
}  // namespace ropewalk::kafka
