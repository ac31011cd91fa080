// Reads the records of one batch, decompressing it where needed.
//
// For consumers and tools: gaps between offsets and batches without records are legal here
// (compaction makes them). The checksum is the caller's to check (batch_crc_matches). One thread at
// a time; views into an uncompressed batch live as long as the batch, into a compressed one as long
// as the reader (moving it keeps them).
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "common/bytes.h"
#include "common/error.h"
#include "common/records/batch_header.h"
#include "common/records/record.h"

namespace ropewalk {

class RecordReader {
 public:
  // `batch` is one whole batch and outlives the reader. Errors: corrupt_message,
  // unsupported_compression_type, message_too_large (more than `uncompressed_bytes_max`).
  static Result<RecordReader> open(ByteSpan batch, std::size_t uncompressed_bytes_max);

  const BatchHeader& header() const { return header_; }
  // The next record, nullopt after the last. Errors: corrupt_message; nothing can be read behind.
  Result<std::optional<RecordView>> next();

 private:
  explicit RecordReader(const BatchHeader& header) : header_(header) {}

  BatchHeader header_;
  std::vector<std::byte> decompressed_;
  const std::byte* at_ = nullptr;
  const std::byte* end_ = nullptr;
  std::int32_t index_ = 0;
};

}  // namespace ropewalk
