#include "common/nearest.h"

#include <array>

#include <gtest/gtest.h>

namespace ropewalk {
namespace {

constexpr std::array<std::string_view, 4> kKnown{"topic", "cluster", "produce", "consume"};

TEST(Nearest, FindsASlipOfTheFingers) {
  for (const char* slip : {"topi", "topics", "tpoic", "Topic", "topic"})
    EXPECT_EQ(nearest(slip, kKnown), "topic") << slip;
  EXPECT_EQ(nearest("consum", kKnown), "consume");
  EXPECT_EQ(nearest("comsume", kKnown), "consume");
}

TEST(Nearest, GuessesNothingFarOff) {
  for (const char* other : {"", "frob", "x", "replicate", "colour_of_the_logo"})
    EXPECT_EQ(nearest(other, kKnown), "") << other;
  constexpr std::array<std::string_view, 2> kShort{"log", "set"};
  EXPECT_EQ(nearest("frob", kShort), "");
  EXPECT_EQ(nearest("topic", {}), "");
}

TEST(Nearest, BearsWhateverComesOverTheNetwork) {
  EXPECT_EQ(nearest(std::string(1 << 20, 't'), kKnown), "");
}

TEST(Nearest, SaysIt) {
  EXPECT_EQ(did_you_mean("tpoic", kKnown), "; did you mean topic?");
  EXPECT_EQ(did_you_mean("tpoic", kKnown, "the "), "; did you mean the topic?");
  EXPECT_EQ(did_you_mean("frob", kKnown), "");
}

}  // namespace
}  // namespace ropewalk
