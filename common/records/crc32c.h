// CRC-32C (Castagnoli), as RFC 3720 and Kafka's record batches have it: reflected, start and end
// inverted.
//
// Pure; any thread. crc32c() is ISA-L's where that library was found at build time, else the
// portable one, which is always built so that a test can hold the two against each other.
#pragma once

#include <cstdint>

#include "common/bytes.h"

namespace ropewalk {

// The checksum of `bytes` behind a part whose checksum is `before`: crc(ab) = crc32c(b, crc32c(a)).
std::uint32_t crc32c(ByteSpan bytes, std::uint32_t before = 0);
std::uint32_t crc32c_portable(ByteSpan bytes, std::uint32_t before = 0);

}  // namespace ropewalk
