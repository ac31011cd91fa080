#include "broker/service/topic_name.h"

#include <gtest/gtest.h>

namespace ropewalk::service {
namespace {

TEST(TopicName, TakesKafkasNames) {
  for (const char* name : {"a", "flights", "A.b_c-9", "...", "..a"})
    EXPECT_TRUE(check_topic_name(name)) << name;
  EXPECT_TRUE(check_topic_name(std::string(249, 'x')));
}

TEST(TopicName, RefusesPathsAndOddNames) {
  for (const char* name : {"", ".", "..", "a/b", "../x", "a b", "ä", "a\n"}) {
    const auto checked = check_topic_name(name);
    ASSERT_FALSE(checked) << name;
    EXPECT_EQ(checked.error().code, Errc::invalid_topic);
  }
  EXPECT_FALSE(check_topic_name(std::string(250, 'x')));
}

}  // namespace
}  // namespace ropewalk::service
