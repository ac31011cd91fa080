// One frame: 4 bytes of length (big-endian), a length-delimited header message, the body message to
// the end (proto/ropewalk/v1/header.proto).
//
// "Whole" below means with the 4 bytes of length, "frame" without them. Values; any thread.
#pragma once

#include <cstddef>
#include <cstdint>

#include <google/protobuf/message_lite.h>

#include "common/bytes.h"
#include "common/error.h"
#include "ropewalk/v1/header.pb.h"

namespace ropewalk::wire {

inline constexpr std::size_t kLengthBytes = 4;
inline constexpr std::size_t kHeaderBytesMax = 65536;
// The length is signed in many languages; no frame reaches this anyway, limits are far below.
inline constexpr std::size_t kFrameBytesCeiling = 0x7fffffff;

// The frame's length. Errors: malformed_frame (0, negative; with words when the bytes are the
// beginning of HTTP or TLS, case C53), frame_too_large.
// Pre: `at` has kLengthBytes bytes.
Result<std::size_t> decode_length(ByteSpan at, std::size_t frame_bytes_max);

// `body` shares the frame's bytes.
struct RequestFrame {
  v1::RequestHeader header;
  SharedBytes body;
};
struct ResponseFrame {
  v1::ResponseHeader header;
  SharedBytes body;
};

// Errors: malformed_frame. The header is untrusted: whether its api is known is for the
// conversation to say.
Result<RequestFrame> decode_request(const SharedBytes& frame);
Result<ResponseFrame> decode_response(const SharedBytes& frame);

// A whole frame. Pre: it is smaller than kFrameBytesCeiling.
SharedBytes encode_frame(const google::protobuf::MessageLite& header,
                         const google::protobuf::MessageLite& body);
// A whole frame without a body, as a failed request is answered.
SharedBytes encode_frame(const google::protobuf::MessageLite& header);

// The beginning of a whole frame, up to a body of that many bytes, which is sent right behind it.
// Pre: as above.
SharedBytes encode_frame_start(const google::protobuf::MessageLite& header, std::size_t body_bytes);

// Parses a body. `into` is cleared first. Errors: malformed_frame naming the message's type.
Result<void> parse(ByteSpan body, google::protobuf::MessageLite& into);

// Tells from the first bytes who is talking to the wrong port, or nullptr: "HTTP", "TLS".
const char* recognise_stranger(ByteSpan first);

}  // namespace ropewalk::wire
