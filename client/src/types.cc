#include "ropewalk/types.h"

#include "common/records/compression.h"

namespace ropewalk {

static_assert(static_cast<int>(Compression::gzip) == static_cast<int>(Codec::gzip) &&
              static_cast<int>(Compression::snappy) == static_cast<int>(Codec::snappy) &&
              static_cast<int>(Compression::lz4) == static_cast<int>(Codec::lz4) &&
              static_cast<int>(Compression::zstd) == static_cast<int>(Codec::zstd));

Result<Compression> compression_named(std::string_view name) {
  TRY(const Codec codec, codec_named(name));
  return static_cast<Compression>(codec);
}

std::string to_string(const PartitionName& name) {
  return fmt::format("{}-{}", name.topic, name.partition);
}

}  // namespace ropewalk
