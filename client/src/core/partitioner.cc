#include "client/src/core/partitioner.h"

namespace ropewalk::client {
namespace {

std::uint32_t load_le(const std::byte* from) {
  return std::to_integer<std::uint32_t>(from[0]) | std::to_integer<std::uint32_t>(from[1]) << 8 |
         std::to_integer<std::uint32_t>(from[2]) << 16 |
         std::to_integer<std::uint32_t>(from[3]) << 24;
}

}  // namespace

std::uint32_t murmur2(ByteSpan bytes) {
  constexpr std::uint32_t kSeed = 0x9747b28c;
  constexpr std::uint32_t kMultiplier = 0x5bd1e995;
  std::uint32_t hash = kSeed ^ static_cast<std::uint32_t>(bytes.size());
  for (; bytes.size() >= 4; bytes = bytes.subspan(4)) {
    std::uint32_t word = load_le(bytes.data()) * kMultiplier;
    word ^= word >> 24;
    word *= kMultiplier;
    hash = (hash * kMultiplier) ^ word;
  }
  if (!bytes.empty()) {
    std::uint32_t tail = 0;
    for (std::size_t i = bytes.size(); i-- > 0;)
      tail = tail << 8 | std::to_integer<std::uint32_t>(bytes[i]);
    hash = (hash ^ tail) * kMultiplier;
  }
  hash ^= hash >> 13;
  hash *= kMultiplier;
  return hash ^ (hash >> 15);
}

std::int32_t partition_of_key(ByteSpan key, std::int32_t partitions) {
  return static_cast<std::int32_t>(murmur2(key) & 0x7FFFFFFF) % partitions;
}

std::int32_t StickyPartition::current(std::int32_t partitions) {
  if (chosen_ >= 0 && chosen_ < partitions) return chosen_;
  // splitmix64: enough to spread, and the same in every run of one seed.
  state_ += 0x9E3779B97F4A7C15ull;
  std::uint64_t mixed = state_;
  mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9ull;
  mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBull;
  mixed ^= mixed >> 31;
  const auto others = static_cast<std::uint64_t>(partitions) - (previous_ >= 0 ? 1 : 0);
  chosen_ = others == 0 ? 0 : static_cast<std::int32_t>(mixed % others);
  if (others != 0 && previous_ >= 0 && chosen_ >= previous_) chosen_++;
  if (chosen_ >= partitions) chosen_ = 0;
  previous_ = chosen_;
  return chosen_;
}

}  // namespace ropewalk::client
