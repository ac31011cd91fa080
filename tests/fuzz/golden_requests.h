// The golden requests of the unit tests: frames that clients sent, and another encoder's.
#pragma once

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "common/error.h"
#include "tests/fuzz/target.h"

namespace ropewalk::fuzz {

// Without their lengths.
inline std::vector<Seed> golden_requests() {
  constexpr const char* kFile = "tests/unit/broker/listeners/kafka/golden.txt";
  const auto from_hex = [](const std::string& hex) {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
      bytes.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
    return bytes;
  };
  std::vector<Seed> all;
  std::ifstream file(kFile);
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string kind, call, version, source, hex;
    words >> kind >> call >> version >> source >> hex;
    if (kind == "request" && !source.ends_with("-sparse"))
      all.push_back({call + "_" + version + "_" + source, from_hex(hex).substr(4)});
  }
  ENSURE(!all.empty(), "run from the top of the tree: {} is not there", kFile);
  return all;
}

}  // namespace ropewalk::fuzz
