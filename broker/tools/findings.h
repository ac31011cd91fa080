// What a look at a data directory, or at a part of it, has found. A value.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ropewalk::tools {

struct Findings {
  std::uint64_t partitions = 0;
  std::uint64_t segments = 0;
  std::uint64_t batches = 0;
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;            // Of the batches.
  std::vector<std::string> problems;  // File, position and offset where there are any, and what.
  std::vector<std::string> notes;     // What a start mends by itself, losing nothing that counts.

  void add(Findings other);
  // "partitions 2, segments 3, ..., problems 0".
  std::string summary() const;
};

}  // namespace ropewalk::tools
