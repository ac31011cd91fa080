#include <set>
#include <string>

#include <gtest/gtest.h>

#include "client/cli/bench/bench_run.h"

namespace ropewalk::cli {
namespace {

// A codec that met a value twice in a batch would make less of it than of what it stands for.
TEST(Payloads, DoNotComeBackSoon) {
  for (const std::size_t bytes : {8u, 100u, 1024u, 1u << 20}) {
    const Payloads payloads(bytes);
    std::set<std::string> seen;
    const std::size_t count = std::min<std::size_t>(10'000, (64u << 20) / bytes);
    for (std::uint64_t number = 0; number < count; number++) {
      const std::string value = payloads.value(number);
      ASSERT_EQ(value.size(), bytes);
      ASSERT_TRUE(seen.insert(value).second) << number << " of " << bytes << " bytes";
    }
  }
}

TEST(Payloads, AreTheSameInEachRun) { EXPECT_EQ(Payloads(100).value(7), Payloads(100).value(7)); }

}  // namespace
}  // namespace ropewalk::cli
