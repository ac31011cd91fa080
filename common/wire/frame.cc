#include "common/wire/frame.h"

#include <array>
#include <string_view>
#include <vector>

#include "common/wire/varint.h"

namespace ropewalk::wire {
namespace {

using google::protobuf::MessageLite;

// Kafka's ApiVersions, the first request of its clients, begins 00 12 behind the length. As a frame
// of ours that is an empty header.
bool looks_like_kafka(ByteSpan frame) {
  return frame.size() >= 8 && frame[0] == std::byte{0} && frame[1] == std::byte{18} &&
         frame[2] == std::byte{0};
}

// Splits off the header. Errors: malformed_frame.
Result<SharedBytes> take_header(const SharedBytes& frame, MessageLite& header) {
  std::size_t position = 0;
  TRY(const std::uint64_t size, read_varint(frame.span(), position));
  if (size > kHeaderBytesMax) {
    return fail(Errc::malformed_frame, "a header of {} bytes, at most {} are allowed", size,
                kHeaderBytesMax);
  }
  if (size > frame.size() - position) {
    return fail(Errc::malformed_frame, "the header says {} bytes, the frame has {}", size,
                frame.size() - position);
  }
  const auto length = static_cast<std::size_t>(size);
  TRY_VOID(parse(frame.span().subspan(position, length), header));
  position += length;
  return frame.slice(position, frame.size() - position);
}

// Length and header of a frame whose body has `body_bytes`; `room` more are left for it.
std::vector<std::byte> encode_start(const MessageLite& header, std::size_t body_bytes,
                                    std::size_t room) {
  const std::size_t header_bytes = header.ByteSizeLong();
  const std::size_t start_bytes = varint_size(header_bytes) + header_bytes;
  const std::size_t frame_bytes = start_bytes + body_bytes;
  ENSURE(header_bytes <= kHeaderBytesMax && frame_bytes < kFrameBytesCeiling,
         "a frame of {} bytes with a header of {}", frame_bytes, header_bytes);
  std::vector<std::byte> start(kLengthBytes + start_bytes + room);
  store_be(start.data(), static_cast<std::uint32_t>(frame_bytes));
  std::byte* to = write_varint(start.data() + kLengthBytes, header_bytes);
  header.SerializeWithCachedSizesToArray(reinterpret_cast<std::uint8_t*>(to));
  return start;
}

}  // namespace

const char* recognise_stranger(ByteSpan first) {
  const std::string_view text = as_text(first);
  static constexpr std::array<std::string_view, 9> kMethods = {
      "GET ", "POST", "PUT ", "HEAD", "OPTI", "DELE", "PATC", "CONN", "HTTP"};
  for (const auto method : kMethods) {
    if (text.starts_with(method)) return "HTTP";
  }
  if (text.starts_with("PRI ")) return "HTTP";  // The preface of HTTP/2.
  // A record of type handshake or alert, version 3.x.
  if (first.size() >= 2 && (first[0] == std::byte{0x16} || first[0] == std::byte{0x15}) &&
      first[1] == std::byte{0x03})
    return "TLS";
  return nullptr;
}

Result<std::size_t> decode_length(ByteSpan at, std::size_t frame_bytes_max) {
  const auto length = load_be<std::uint32_t>(at.data());
  if (length == 0) return fail(Errc::malformed_frame, "a frame of length 0");
  if (length <= frame_bytes_max && length <= kFrameBytesCeiling) return std::size_t{length};
  if (const char* stranger = recognise_stranger(at)) {
    return fail(Errc::malformed_frame, "this looks like {}, which is not spoken here", stranger);
  }
  if (length > kFrameBytesCeiling) {
    return fail(Errc::malformed_frame, "a frame of the negative length {}",
                static_cast<std::int32_t>(length));
  }
  return fail(Errc::frame_too_large, "a frame of {} bytes, at most {} are allowed", length,
              frame_bytes_max);
}

Result<RequestFrame> decode_request(const SharedBytes& frame) {
  RequestFrame request;
  auto body = take_header(frame, request.header);
  if (body && request.header.api_key() != 0) {
    request.body = std::move(*body);
    return request;
  }
  if (looks_like_kafka(frame.span())) {
    return fail(Errc::malformed_frame,
                "this looks like a Kafka client; those have a port of their own (kafka_listen)");
  }
  if (!body) return within("reading a request's header", std::move(body).error());
  return fail(Errc::malformed_frame, "a request's header has no api key");
}

Result<ResponseFrame> decode_response(const SharedBytes& frame) {
  ResponseFrame response;
  auto body = take_header(frame, response.header);
  if (!body) return within("reading a response's header", std::move(body).error());
  response.body = std::move(*body);
  return response;
}

SharedBytes encode_frame(const MessageLite& header, const MessageLite& body) {
  const std::size_t body_bytes = body.ByteSizeLong();
  std::vector<std::byte> whole = encode_start(header, body_bytes, body_bytes);
  std::byte* const to = whole.data() + whole.size() - body_bytes;
  body.SerializeWithCachedSizesToArray(reinterpret_cast<std::uint8_t*>(to));
  return SharedBytes(std::move(whole));
}
SharedBytes encode_frame(const MessageLite& header) { return encode_frame_start(header, 0); }

SharedBytes encode_frame_start(const MessageLite& header, std::size_t body_bytes) {
  return SharedBytes(encode_start(header, body_bytes, 0));
}

Result<void> parse(ByteSpan body, MessageLite& into) {
  if (body.size() > kFrameBytesCeiling ||
      !into.ParseFromArray(body.data(), static_cast<int>(body.size()))) {
    return fail(Errc::malformed_frame, "{} bytes are no {}", body.size(), into.GetTypeName());
  }
  return {};
}

}  // namespace ropewalk::wire
