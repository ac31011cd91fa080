// Protobuf's numbers by hand: base-128 varints and the tags in front of fields.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "common/bytes.h"
#include "common/error.h"

namespace ropewalk::wire {

inline constexpr std::size_t kVarintBytesMax = 10;

// The wire types that proto3 uses.
enum class WireType : std::uint32_t { varint = 0, fixed64 = 1, length_delimited = 2, fixed32 = 5 };

constexpr std::uint32_t field_tag(std::uint32_t number, WireType type) {
  return (number << 3) | static_cast<std::uint32_t>(type);
}

constexpr std::size_t varint_size(std::uint64_t value) {
  return (static_cast<std::size_t>(std::bit_width(value | 1)) + 6) / 7;
}

// Pre: varint_size(value) bytes are there. Returns one past the last byte written.
inline std::byte* write_varint(std::byte* to, std::uint64_t value) {
  while (value >= 0x80) {
    *to++ = static_cast<std::byte>(value | 0x80);
    value >>= 7;
  }
  *to++ = static_cast<std::byte>(value);
  return to;
}

// Reads a varint at `position` of `bytes` and moves the position behind it. Errors: malformed_frame
// (it does not end within the bytes, or is longer than a 64-bit number can be).
inline Result<std::uint64_t> read_varint(ByteSpan bytes, std::size_t& position) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (position >= bytes.size()) return fail(Errc::malformed_frame, "a number is cut off");
    const auto byte = static_cast<std::uint64_t>(bytes[position++]);
    value |= (byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return value;
  }
  return fail(Errc::malformed_frame, "a number is longer than {} bytes", kVarintBytesMax);
}

}  // namespace ropewalk::wire
