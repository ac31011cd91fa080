#include "client/src/core/whom_to_ask.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ropewalk::client {
namespace {

using ::testing::ElementsAre;

env::Endpoint broker(const std::string& host) { return {.host = host, .port = 9192}; }
env::MonotonicTime at(int seconds) { return env::MonotonicTime(std::chrono::seconds(seconds)); }

TEST(WhomToAsk, NamesEachOnceInTheOrderGiven) {
  const WhomToAsk whom;
  EXPECT_THAT(whom.order({broker("b"), broker("a"), broker("b")}, at(1)),
              ElementsAre(broker("b"), broker("a")));
}

TEST(WhomToAsk, PutsADoubtedBrokerLastForAWhile) {
  WhomToAsk whom;
  whom.doubt(broker("a"), at(1));
  EXPECT_THAT(whom.order({broker("a"), broker("b")}, at(2)), ElementsAre(broker("b"), broker("a")));
  const env::MonotonicTime later = at(1) + WhomToAsk::kDoubt;
  EXPECT_THAT(whom.order({broker("a"), broker("b")}, later), ElementsAre(broker("a"), broker("b")));
}

// Else one that is gone would be asked again and again while another might have come back.
TEST(WhomToAsk, TakesTurnsWhenAllAreInDoubt) {
  WhomToAsk whom;
  whom.doubt(broker("a"), at(2));
  whom.doubt(broker("b"), at(1));
  EXPECT_THAT(whom.order({broker("a"), broker("b")}, at(3)), ElementsAre(broker("b"), broker("a")));
  whom.doubt(broker("b"), at(3));
  EXPECT_THAT(whom.order({broker("a"), broker("b")}, at(3)), ElementsAre(broker("a"), broker("b")));
}

}  // namespace
}  // namespace ropewalk::client
