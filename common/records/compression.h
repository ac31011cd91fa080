// The codecs of record batches: their numbers are bits 0-2 of a batch's attributes.
//
// Pure; any thread (each keeps a context of zstd, lz4 and gzip for itself). Decompression never
// writes more than the caller allows, whatever the compressed bytes claim: a bomb costs its limit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "common/bytes.h"
#include "common/error.h"

namespace ropewalk {

enum class Codec : std::uint8_t { none = 0, gzip = 1, snappy = 2, lz4 = 3, zstd = 4 };

// For messages.
inline constexpr std::string_view kAcceptedCodecs = "none, gzip, snappy, lz4, zstd";

std::string_view to_string(Codec codec);
// Errors: unsupported_compression_type, naming the accepted ones.
Result<Codec> codec_of(int number);
Result<Codec> codec_named(std::string_view name);

// The levels that a codec knows: none and snappy have none.
struct CodecLevels {
  int least = 0;
  int most = 0;
};
std::optional<CodecLevels> levels_of(Codec codec);
// Errors: invalid_request, with the levels that the codec knows.
Result<void> check_level(Codec codec, std::int64_t level);

// Appends `in`, compressed, to `out`; without a level as the codec's makers think best. lz4: a
// standard frame of independent blocks (others are refused by Java's clients), its content size not
// stated; zstd: one frame with content size; gzip: one member; snappy: the framing of Java's
// clients. Pre: the level is one that the codec knows. Errors: unsupported_compression_type (no
// value of the enum).
Result<void> compress(Codec codec, ByteSpan in, std::vector<std::byte>& out,
                      std::optional<int> level = {});

// Appends `in`, decompressed, to `out`, which grows by at most `limit` bytes. On failure `out`
// holds what was read so far. Errors: unsupported_compression_type, corrupt_message (not that
// format, truncated, bytes behind its end; of lz4 also what is legal but not readable for every
// client of Kafka), message_too_large (more than `limit` bytes, or a zstd window for more).
Result<void> decompress(Codec codec, ByteSpan in, std::size_t limit, std::vector<std::byte>& out);

}  // namespace ropewalk
