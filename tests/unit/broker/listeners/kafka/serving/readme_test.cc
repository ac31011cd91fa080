// The README's table of calls is what is served.
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/listeners/kafka/codec/api.h"

namespace ropewalk::kafka {
namespace {

std::vector<std::string> rows_of_readme() {
  const char* const source = std::getenv("RW_SOURCE_DIR");
  std::ifstream file(std::string(source == nullptr ? "." : source) + "/README.md");
  std::vector<std::string> rows;
  bool in_table = false;
  for (std::string line; std::getline(file, line);) {
    if (line == "| call | key | versions |") {
      in_table = true;
      std::getline(file, line);  // The rule below the heads.
      continue;
    }
    if (in_table && !line.starts_with('|')) break;
    if (in_table) rows.push_back(line);
  }
  return rows;
}

TEST(KafkaReadme, ListsTheCallsThatAreServed) {
  std::vector<std::string> served;
  for (const Api* const api : kApis)
    served.push_back(
        fmt::format("| {} | {} | {}-{} |", api->name, api->key, api->first, api->last));
  EXPECT_THAT(rows_of_readme(), testing::ElementsAreArray(served));
}

}  // namespace
}  // namespace ropewalk::kafka
