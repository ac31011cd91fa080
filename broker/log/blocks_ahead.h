// Blocks reserved ahead of a growing segment, so that an append need not look for them (a fifth of
// its cost, measured).
//
// Pure: decides what to reserve; the log's tasks do it. Only segments that grow past a size get
// any, so that ten thousand quiet partitions hold nothing; what is left over is given back when the
// segment is complete or closed (File::truncate to its own size).
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "common/ids.h"

namespace ropewalk::log {

class BlocksAhead {
 public:
  static constexpr std::uint64_t kFrom = 1 << 20;
  static constexpr std::uint64_t kStep = 4 << 20;

  struct Range {
    std::uint64_t position = 0;
    std::uint64_t length = 0;
  };

  // What to reserve now that the segment that begins with `base` ends at `end` and will hold at
  // most `limit` bytes. Nothing while a range is out, or when there is enough.
  std::optional<Range> wanted(Offset base, std::uint64_t end, std::uint64_t limit) {
    if (base != base_) {
      base_ = base;
      reserved_end_ = 0;
    }
    if (out_ || end < kFrom || end + kStep / 2 <= reserved_end_) return std::nullopt;
    const std::uint64_t from = std::max(end, reserved_end_);
    if (from >= limit) return std::nullopt;
    out_ = true;
    reserved_end_ = std::min(limit, from + kStep);
    return Range{from, reserved_end_ - from};
  }
  // It was reserved, or could not be: then the segment grows without.
  void ended() { out_ = false; }

 private:
  Offset base_ = kNoOffset;
  std::uint64_t reserved_end_ = 0;
  bool out_ = false;
};

}  // namespace ropewalk::log
