#include "common/records/crc32c.h"

#include <array>

#ifdef RW_HAVE_ISAL
#include <isa-l/crc.h>
#endif

namespace ropewalk {
namespace {

constexpr std::uint32_t kReflectedPolynomial = 0x82F63B78;

// kSlices[k][b]: what byte b contributes when k more bytes follow it.
constexpr auto kSlices = [] {
  std::array<std::array<std::uint32_t, 256>, 8> slices{};
  for (std::uint32_t byte = 0; byte < 256; byte++) {
    std::uint32_t value = byte;
    for (int bit = 0; bit < 8; bit++)
      value = (value >> 1) ^ ((value & 1) != 0 ? kReflectedPolynomial : 0);
    slices[0][byte] = value;
  }
  for (std::size_t byte = 0; byte < 256; byte++)
    for (std::size_t k = 1; k < 8; k++)
      slices[k][byte] = (slices[k - 1][byte] >> 8) ^ slices[0][slices[k - 1][byte] & 0xFF];
  return slices;
}();

std::uint32_t load_le32(const std::byte* from) {
  return std::to_integer<std::uint32_t>(from[0]) | std::to_integer<std::uint32_t>(from[1]) << 8 |
         std::to_integer<std::uint32_t>(from[2]) << 16 |
         std::to_integer<std::uint32_t>(from[3]) << 24;
}

}  // namespace

std::uint32_t crc32c_portable(ByteSpan bytes, std::uint32_t before) {
  std::uint32_t crc = ~before;
  while (bytes.size() >= 8) {
    const std::uint32_t low = load_le32(bytes.data()) ^ crc;
    const std::uint32_t high = load_le32(bytes.data() + 4);
    crc = kSlices[7][low & 0xFF] ^ kSlices[6][(low >> 8) & 0xFF] ^ kSlices[5][(low >> 16) & 0xFF] ^
          kSlices[4][low >> 24] ^ kSlices[3][high & 0xFF] ^ kSlices[2][(high >> 8) & 0xFF] ^
          kSlices[1][(high >> 16) & 0xFF] ^ kSlices[0][high >> 24];
    bytes = bytes.subspan(8);
  }
  for (const std::byte byte : bytes)
    crc = (crc >> 8) ^ kSlices[0][(crc ^ std::to_integer<std::uint32_t>(byte)) & 0xFF];
  return ~crc;
}

#ifdef RW_HAVE_ISAL
std::uint32_t crc32c(ByteSpan bytes, std::uint32_t before) {
  // crc32_iscsi inverts neither its start nor its result, and its length is an int.
  constexpr std::size_t kPieceBytes = std::size_t{1} << 30;
  std::uint32_t crc = ~before;
  while (!bytes.empty()) {
    const ByteSpan piece = bytes.first(std::min(bytes.size(), kPieceBytes));
    // Its parameter lacks the const; it only reads.
    auto* data = const_cast<unsigned char*>(reinterpret_cast<const unsigned char*>(piece.data()));
    crc = crc32_iscsi(data, static_cast<int>(piece.size()), crc);
    bytes = bytes.subspan(piece.size());
  }
  return ~crc;
}
#else
std::uint32_t crc32c(ByteSpan bytes, std::uint32_t before) {
  return crc32c_portable(bytes, before);
}
#endif

}  // namespace ropewalk
