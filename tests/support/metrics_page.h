// Reads Prometheus' text format, and expects that it is well-formed.
#pragma once

#include <map>
#include <set>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

namespace ropewalk::support {

// The families of a page, and its samples by name and labels as they stand there.
struct MetricsPage {
  std::set<std::string> helped;
  std::map<std::string, std::string> types;
  std::map<std::string, double> samples;
};

inline MetricsPage parse_metrics(const std::string& page) {
  MetricsPage shown;
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string hash, kind, name, rest;
    if (line.starts_with("#")) {
      words >> hash >> kind >> name;
      std::getline(words, rest);
      if (kind == "HELP") {
        EXPECT_TRUE(shown.helped.insert(name).second) << name << " twice";
        EXPECT_GT(rest.size(), 10U) << name;
        EXPECT_TRUE(rest.ends_with(".")) << line;
      } else {
        EXPECT_EQ(kind, "TYPE");
        EXPECT_TRUE(shown.types.emplace(name, rest.substr(1)).second) << name << " twice";
      }
      continue;
    }
    const std::size_t space = line.rfind(' ');
    EXPECT_TRUE(shown.samples.emplace(line.substr(0, space), std::stod(line.substr(space))).second)
        << line << " twice";
  }
  return shown;
}

}  // namespace ropewalk::support
