// Whether this program runs under a sanitizer, which makes it some ten times slower.
#pragma once

#include <cstdint>

namespace ropewalk::support {

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define RW_TEST_SANITIZED 1
#endif
#endif
#ifdef RW_TEST_SANITIZED
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

// How many of `seeds` a test goes through: the release build runs all of them in the same suite, so a sanitizer, which
// looks for other mistakes than the test does, is content with a quarter.
constexpr std::uint64_t seeds_here(std::uint64_t seeds) { return kSanitized ? seeds / 4 : seeds; }

}  // namespace ropewalk::support
