#include "common/wire/fields.h"

#include "common/wire/varint.h"

namespace ropewalk::wire {

Result<RawField> FieldWalker::next() {
  RawField field;
  field.begin = position_;
  TRY(const std::uint64_t tag, read_varint(message_, position_));
  field.number = static_cast<std::uint32_t>(tag >> 3);
  if (tag > UINT32_MAX || field.number == 0) {
    return fail(Errc::malformed_frame, "a field has the number {}", tag >> 3);
  }
  std::size_t skip = 0;
  switch (static_cast<WireType>(tag & 7)) {
    case WireType::varint:
      TRY_VOID(read_varint(message_, position_));
      break;
    case WireType::fixed64:
      skip = 8;
      break;
    case WireType::fixed32:
      skip = 4;
      break;
    case WireType::length_delimited: {
      TRY(const std::uint64_t length, read_varint(message_, position_));
      if (length > message_.size()) {
        return fail(Errc::malformed_frame, "field {} says {} bytes in a message of {}",
                    field.number, length, message_.size());
      }
      skip = static_cast<std::size_t>(length);
      field.length_delimited = true;
      break;
    }
    default:
      return fail(Errc::malformed_frame, "field {} has the wire type {}", field.number, tag & 7);
  }
  field.value_begin = position_;
  if (skip > message_.size() - position_) {
    return fail(Errc::malformed_frame, "field {} is cut off", field.number);
  }
  position_ += skip;
  field.end = position_;
  return field;
}

}  // namespace ropewalk::wire
