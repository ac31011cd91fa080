// Where the last writes to a segment ended. Whoever reads on from there, as a follower does, finds
// its place without a look at the index and the headers of batches.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "common/ids.h"

namespace ropewalk::log {

class RecentEnds {
 public:
  static constexpr std::size_t kKept = 4;  // A follower is a write or two behind.

  // A write ended at `position` of the file; the next batch begins there, with offset `end`.
  void add(Offset end, std::uint64_t position) {
    places_[next_] = {end, position};
    next_ = (next_ + 1) % kKept;
  }
  // A cut: what is behind may come again with other batches.
  void clear() { *this = {}; }
  // Where the batch with this base offset begins, or would.
  std::optional<std::uint64_t> position_of(Offset base) const {
    for (const Place& place : places_)
      if (place.position != 0 && place.end == base) return place.position;
    return std::nullopt;
  }

 private:
  struct Place {
    Offset end;
    std::uint64_t position = 0;  // 0: none; a segment begins with its header.
  };
  std::array<Place, kKept> places_{};
  std::size_t next_ = 0;
};

}  // namespace ropewalk::log
