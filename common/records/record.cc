#include "common/records/record.h"

#include "common/records/varint.h"

namespace ropewalk {
namespace {

// A length and that many bytes; -1 is null. nullptr when they do not fit.
const std::byte* read_nullable_bytes(const std::byte* at, const std::byte* end,
                                     std::optional<ByteSpan>& bytes) {
  std::int32_t length = 0;
  at = read_varint(at, end, length);
  if (at == nullptr || length < -1 || length > end - at) return nullptr;
  if (length == -1) {
    bytes.reset();
    return at;
  }
  bytes.emplace(at, static_cast<std::size_t>(length));
  return at + length;
}

const std::byte* read_record_header(const std::byte* at, const std::byte* end,
                                    RecordHeader& header) {
  std::optional<ByteSpan> key;
  at = read_nullable_bytes(at, end, key);
  if (at == nullptr || !key) return nullptr;
  header.key = as_text(*key);
  return read_nullable_bytes(at, end, header.value);
}

}  // namespace

std::optional<RecordHeader> RecordHeaders::next() {
  if (left_ == 0) return std::nullopt;
  RecordHeader header;
  const std::byte* end = rest_.data() + rest_.size();
  const std::byte* at = read_record_header(rest_.data(), end, header);
  if (at == nullptr) {  // Not what parse_record() has seen; end rather than run on.
    left_ = 0;
    return std::nullopt;
  }
  rest_ = ByteSpan(at, end);
  left_--;
  return header;
}

ParsedRecord parse_record(const std::byte* at, const std::byte* end, RecordView& record) {
  std::int32_t length = 0;
  at = read_varint(at, end, length);
  if (at == nullptr) return {.fault = "its length is cut off or no number"};
  if (length < 0 || length > end - at) return {.fault = "it is longer than the batch"};
  end = at + length;

  if (at == end) return {.fault = "it is empty"};
  at++;  // Attributes: unused, any value is accepted.
  at = read_varint(at, end, record.timestamp_delta);
  if (at == nullptr) return {.fault = "its timestamp delta is cut off or no number"};
  at = read_varint(at, end, record.offset_delta);
  if (at == nullptr) return {.fault = "its offset delta is cut off or no number"};
  at = read_nullable_bytes(at, end, record.key);
  if (at == nullptr) return {.fault = "its key does not fit into it"};
  at = read_nullable_bytes(at, end, record.value);
  if (at == nullptr) return {.fault = "its value does not fit into it"};

  std::int32_t headers = 0;
  at = read_varint(at, end, headers);
  if (at == nullptr || headers < 0) return {.fault = "its number of headers is no count"};
  const std::byte* const first_header = at;
  RecordHeader ignored;
  for (std::int32_t i = 0; i < headers; i++) {  // Ends with the bytes, whatever the count says.
    at = read_record_header(at, end, ignored);
    if (at == nullptr) return {.fault = "a header has no key or does not fit into it"};
  }
  if (at != end) return {.fault = "it has bytes behind its headers"};
  record.headers = RecordHeaders(ByteSpan(first_header, at), headers);
  return {.next = at};
}

}  // namespace ropewalk
