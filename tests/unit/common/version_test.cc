#include "common/version.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ropewalk {
namespace {

// project(VERSION) is the one place that says it.
TEST(Version, IsTheOneOfTheProject) {
  const char* source = std::getenv("RW_SOURCE_DIR");
  ASSERT_NE(source, nullptr) << "run by ctest, or set RW_SOURCE_DIR";
  std::stringstream text;
  text << std::ifstream(std::string(source) + "/CMakeLists.txt").rdbuf();
  EXPECT_THAT(text.str(),
              testing::HasSubstr(fmt::format("project(ropewalk VERSION {} ", version())));
}

}  // namespace
}  // namespace ropewalk
