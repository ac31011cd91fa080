// Where each key of a stretch of a log stands last: what compaction has to know of what it reads.
//
// Keys are known by a 128-bit hash under a seed of this process: two that anybody will meet do not
// share one. Pure; one user at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "common/bytes.h"
#include "common/ids.h"

namespace ropewalk::log {

class KeyOffsets {
 public:
  // Has room for so many keys, which takes bytes_for() of memory at once.
  KeyOffsets(std::size_t keys_max, std::uint64_t seed);
  static std::size_t bytes_for(std::size_t keys_max);

  // The key stands at `offset`, and at none before it any more. False: it is a new one and there is
  // no room; nothing changes. Pre: offsets of calls do not fall.
  bool put(ByteSpan key, Offset offset);
  std::optional<Offset> last_of(ByteSpan key) const;

  std::size_t size() const { return size_; }
  std::size_t keys_max() const { return keys_max_; }

 private:
  struct Hash {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    bool operator==(const Hash&) const = default;
  };
  struct Slot {
    Hash hash;
    std::int64_t offset = -1;  // Free.
  };

  Hash hash_of(ByteSpan key) const;
  // The slot that has the key, or the free one where it would be.
  std::size_t find(const Hash& hash) const;

  std::size_t keys_max_;
  std::uint64_t seed_;
  std::vector<Slot> slots_;
  std::size_t size_ = 0;
};

}  // namespace ropewalk::log
