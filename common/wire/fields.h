// Walks the fields of a serialised protobuf message without building it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "common/bytes.h"
#include "common/error.h"

namespace ropewalk::wire {

// One field as it stands in the bytes: [begin, end) with its tag; the value of a length-delimited
// one is [value_begin, end).
struct RawField {
  std::uint32_t number = 0;
  bool length_delimited = false;
  std::size_t begin = 0;
  std::size_t value_begin = 0;
  std::size_t end = 0;
};

// Borrows the message. Fields come in the order of the bytes.
class FieldWalker {
 public:
  explicit FieldWalker(ByteSpan message) : message_(message) {}
  bool at_end() const { return position_ == message_.size(); }
  // Pre: !at_end(). Errors: malformed_frame (cut off, number 0, or a group: proto3 has none). After
  // an error the walker is done for.
  Result<RawField> next();

 private:
  ByteSpan message_;
  std::size_t position_ = 0;
};

}  // namespace ropewalk::wire
