// Frames that carry record batches (architecture, D2).
//
// Records are `bytes` field 1000 of their message (a "part": one partition), and the parts are
// field 1000 of the body. The sender writes them last, each as late as it can, so that every other
// byte of the frame is small and known beforehand: it goes out from here, the records straight from
// the file or from where the client built them. Result and input are plain protobuf. Values; any
// thread.
#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include <google/protobuf/message_lite.h>

#include "common/bytes.h"
#include "common/error.h"

namespace ropewalk::wire {

inline constexpr std::uint32_t kRecordsField = 1000;

// What to write for one partition: its other fields (not with field 1000), then that many bytes.
struct PartToWrite {
  const google::protobuf::MessageLite* fields = nullptr;
  std::size_t records_bytes = 0;
};

// The small bytes of a frame, cut where records go in between.
struct RecordsLastFrame {
  static constexpr std::size_t kNoPart = static_cast<std::size_t>(-1);
  // Send `small`, then the records of parts[part], if there is one.
  struct Piece {
    SharedBytes small;
    std::size_t part = kNoPart;
  };
  std::vector<Piece> pieces;
  std::size_t whole_bytes = 0;  // Of the frame with its length and all records.
};

// `body` without field 1000. The frame is byte for byte what protobuf's serialiser writes for the
// whole message. Pre: it is smaller than kFrameBytesCeiling.
RecordsLastFrame write_records_last(const google::protobuf::MessageLite& header,
                                    const google::protobuf::MessageLite& body,
                                    std::span<const PartToWrite> parts);

// Takes a message apart into its values of field 1000, which share the message's bytes, and all
// other fields, which are merged into `rest` (cleared first). In the order that we write this
// parses one run of bytes; fields that stand elsewhere cost a parse for each run. Errors:
// malformed_frame; invalid_request for more than `limit` values.
Result<void> split_parts(const SharedBytes& message, google::protobuf::MessageLite& rest,
                         std::size_t limit, std::vector<SharedBytes>& parts);
// The same for a part: its records; empty without field 1000, the last one if there are several (as
// protobuf has it).
Result<SharedBytes> split_records(const SharedBytes& part, google::protobuf::MessageLite& rest);

// A body with its parts, each with its records.
template <class Body, class Part>
struct Sliced {
  struct Entry {
    Part fields;
    SharedBytes records;
  };
  Body fields;
  std::vector<Entry> parts;
};
template <class Body, class Part>
Result<Sliced<Body, Part>> slice_body(const SharedBytes& body, std::size_t parts_max) {
  Sliced<Body, Part> result;
  std::vector<SharedBytes> parts;
  TRY_VOID(split_parts(body, result.fields, parts_max, parts));
  result.parts.resize(parts.size());
  for (std::size_t i = 0; i < parts.size(); i++) {
    TRY(result.parts[i].records, split_records(parts[i], result.parts[i].fields));
  }
  return result;
}

}  // namespace ropewalk::wire
