// What each fuzz target consists of, and how it takes its input apart.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "common/bytes.h"
#include "common/records/batch_header.h"

// libFuzzer's entry. Anything but a return is a finding: ENSURE, a sanitizer, an endless loop.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace ropewalk::fuzz {

// An input to begin with.
struct Seed {
  std::string name;
  std::string bytes;
};
// The target's own; `replay_NAME --write-seeds DIR` stores them.
std::vector<Seed> seeds();

// Reads an input from its front. Behind the end everything is zero.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size)
      : rest_(reinterpret_cast<const char*>(data), size) {}

  std::uint8_t byte() { return rest_.empty() ? 0 : static_cast<std::uint8_t>(take(1)[0]); }
  // Mostly small, sometimes anything: 248 and more say that eight bytes follow.
  std::int64_t number() {
    const std::uint8_t small = byte();
    if (small < 248) return small;
    std::uint64_t value = 0;
    for (int i = 0; i < 8; i++) value = value << 8 | byte();
    return static_cast<std::int64_t>(value);
  }
  std::string_view take(std::size_t bytes) {
    const std::string_view taken = rest_.substr(0, bytes);
    rest_.remove_prefix(taken.size());
    return taken;
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

// Makes the checksums of record batches right, so that what lies behind them is reached. Stops at
// what is no batch.
inline std::string with_right_checksums(std::string_view batches) {
  std::string text(batches);
  auto* const begin = reinterpret_cast<std::byte*>(text.data());
  for (std::size_t at = 0; text.size() - at >= kBatchHeaderBytes;) {
    const auto length = load_be<std::int32_t>(begin + at + batch_at::kBatchLength);
    const std::size_t left = text.size() - at;
    if (length < static_cast<std::int32_t>(kBatchHeaderBytes - kBatchPrefixBytes) ||
        static_cast<std::size_t>(length) > left - kBatchPrefixBytes)
      break;
    const std::size_t size = kBatchPrefixBytes + static_cast<std::size_t>(length);
    store_be(begin + at + batch_at::kCrc, batch_crc(ByteSpan(begin + at, size)));
    at += size;
  }
  return text;
}

}  // namespace ropewalk::fuzz
