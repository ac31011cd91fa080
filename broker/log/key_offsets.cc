#include "broker/log/key_offsets.h"

#include <algorithm>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace ropewalk::log {
namespace {

// Full to three quarters a key is found at the second or third look.
std::size_t slots_for(std::size_t keys_max) { return keys_max + keys_max / 3 + 1; }

}  // namespace

KeyOffsets::KeyOffsets(std::size_t keys_max, std::uint64_t seed)
    : keys_max_(keys_max), seed_(seed), slots_(slots_for(keys_max)) {}

std::size_t KeyOffsets::bytes_for(std::size_t keys_max) {
  return slots_for(keys_max) * sizeof(Slot);
}

KeyOffsets::Hash KeyOffsets::hash_of(ByteSpan key) const {
  const XXH128_hash_t hash = XXH3_128bits_withSeed(key.data(), key.size(), seed_);
  return {hash.low64, hash.high64};
}

std::size_t KeyOffsets::find(const Hash& hash) const {
  // The upper half of the product: as even as the hash is, without a division.
  __extension__ using Wide = unsigned __int128;
  auto at = static_cast<std::size_t>((static_cast<Wide>(hash.low) * slots_.size()) >> 64);
  while (slots_[at].offset >= 0 && slots_[at].hash != hash)
    at = at + 1 < slots_.size() ? at + 1 : 0;
  return at;
}

bool KeyOffsets::put(ByteSpan key, Offset offset) {
  const Hash hash = hash_of(key);
  Slot& slot = slots_[find(hash)];
  if (slot.offset < 0) {
    if (size_ == keys_max_) return false;
    size_++;
    slot.hash = hash;
  }
  slot.offset = offset.value();
  return true;
}

std::optional<Offset> KeyOffsets::last_of(ByteSpan key) const {
  const Slot& slot = slots_[find(hash_of(key))];
  if (slot.offset < 0) return std::nullopt;
  return Offset(slot.offset);
}

}  // namespace ropewalk::log
