// One record inside a batch, as views into the batch's (decompressed) bytes.
//
// Pure; any thread. A missing key or value (null) is not an empty one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "common/bytes.h"
#include "common/ids.h"

namespace ropewalk {

struct RecordHeader {
  std::string_view key;
  std::optional<ByteSpan> value;
};

// The encoded headers of a record that parse_record() has checked.
class RecordHeaders {
 public:
  RecordHeaders() = default;
  RecordHeaders(ByteSpan encoded, std::int32_t count) : rest_(encoded), left_(count) {}

  std::int32_t count() const { return left_; }  // Not yet taken by next().
  // Takes the next one; nullopt at the end.
  std::optional<RecordHeader> next();

 private:
  ByteSpan rest_;
  std::int32_t left_ = 0;
};

struct RecordView {
  Offset offset;
  std::int64_t timestamp = -1;  // Milliseconds since 1970, UTC.
  std::optional<ByteSpan> key;
  std::optional<ByteSpan> value;
  RecordHeaders headers;
  // As encoded, relative to the batch's.
  std::int64_t timestamp_delta = 0;
  std::int32_t offset_delta = 0;
};

// The smallest record: length, attributes, two deltas, null key, null value, no headers.
inline constexpr std::size_t kLeastRecordBytes = 7;

// Outcome of parse_record(): where the next record begins, or what is wrong with this one (a
// literal).
struct ParsedRecord {
  const std::byte* next = nullptr;
  const char* fault = nullptr;
};

// Reads the record at `at` and checks it in full, headers included. Sets everything of `record` but
// offset and timestamp, which need the batch. Allocates nothing.
ParsedRecord parse_record(const std::byte* at, const std::byte* end, RecordView& record);

}  // namespace ropewalk
