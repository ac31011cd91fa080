#include "common/records/recompress.h"

namespace ropewalk {

Result<std::vector<std::byte>> recompress(ByteSpan batch, const BatchHeader& header, Codec to,
                                          std::optional<int> level,
                                          std::size_t uncompressed_bytes_max) {
  TRY(const Codec from, header.codec());
  ByteSpan records = batch.subspan(kBatchHeaderBytes);
  std::vector<std::byte> plain;
  if (from != Codec::none) {
    TRY_VOID(decompress(from, records, uncompressed_bytes_max, plain));
    records = plain;
  }
  std::vector<std::byte> changed(kBatchHeaderBytes);
  TRY_VOID(compress(to, records, changed, level));
  BatchHeader head = header;
  head.attributes = static_cast<std::int16_t>((head.attributes & ~batch_bit::kCodecMask) |
                                              static_cast<std::int16_t>(to));
  head.batch_length = static_cast<std::int32_t>(changed.size() - kBatchPrefixBytes);
  head.write_to(changed.data());
  head.crc = batch_crc(changed);
  head.write_to(changed.data());
  return changed;
}

}  // namespace ropewalk
