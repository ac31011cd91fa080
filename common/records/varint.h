// Zigzag varints as in Kafka's records (and protobuf's sint32/sint64): seven bits a byte, low ones
// first, the sign in the lowest bit.
//
// Pure. Reading takes a cursor and its end and returns the place behind the number, or nullptr when
// the bytes end too early or hold more bits than the type.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace ropewalk {

inline constexpr std::size_t kMaxVarint32Bytes = 5;
inline constexpr std::size_t kMaxVarint64Bytes = 10;

template <class T>
constexpr std::make_unsigned_t<T> zigzag(T value) {
  using U = std::make_unsigned_t<T>;
  return static_cast<U>((static_cast<U>(value) << 1) ^ static_cast<U>(value < 0 ? -1 : 0));
}
template <class U>
constexpr std::make_signed_t<U> unzigzag(U value) {
  return static_cast<std::make_signed_t<U>>((value >> 1) ^ (U{0} - (value & 1)));
}

// How many bytes write_varint() writes.
template <class T>
constexpr std::size_t varint_size(T value) {
  return (static_cast<std::size_t>(std::bit_width(zigzag(value) | 1)) + 6) / 7;
}

// Pre: varint_size(value) bytes are there. Returns the place behind.
template <class T>
std::byte* write_varint(std::byte* to, T value) {
  auto rest = zigzag(value);
  while (rest >= 0x80) {
    *to++ = static_cast<std::byte>((rest & 0x7F) | 0x80);
    rest >>= 7;
  }
  *to++ = static_cast<std::byte>(rest);
  return to;
}

template <class T>
const std::byte* read_varint(const std::byte* at, const std::byte* end, T& value) {
  using U = std::make_unsigned_t<T>;
  constexpr int kBits = std::numeric_limits<U>::digits;
  U raw = 0;
  for (int shift = 0; shift < kBits && at != end; shift += 7) {
    const U byte = std::to_integer<U>(*at++);
    const U low = byte & 0x7F;
    if (shift + 7 > kBits && (low >> (kBits - shift)) != 0) return nullptr;
    raw |= static_cast<U>(low << shift);
    if (byte < 0x80) {
      value = unzigzag(raw);
      return at;
    }
  }
  return nullptr;
}

}  // namespace ropewalk
