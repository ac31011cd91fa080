// Messages out of frames and into them.
//
// The two templates are compiled once for each message, in messages/*.cc; codec_templates.h has
// their bodies.
#pragma once

#include <concepts>
#include <type_traits>
#include <vector>

#include "broker/listeners/kafka/codec/api.h"
#include "broker/listeners/kafka/codec/field.h"
#include "broker/listeners/kafka/codec/header.h"
#include "common/bytes.h"
#include "common/env/network.h"
#include "common/error.h"

namespace ropewalk::kafka {

// A request or response: a described struct that names its call.
template <class M>
concept Message = Described<M> && requires {
  { M::kApi } -> std::convertible_to<const Api&>;
  { M::kIsRequest } -> std::convertible_to<bool>;
};

template <Message M>
using HeaderOf = std::conditional_t<M::kIsRequest, RequestHeader, ResponseHeader>;

template <Message M>
constexpr Shape shape_of(std::int16_t version) {
  return {M::kApi.name, M::kIsRequest ? "request" : "response", version,
          M::kApi.is_flexible(version)};
}

// The body that begins at `at` and fills the rest of `frame`. Records in it are slices of `frame`.
// Errors: invalid_request, which names message, field and position; unsupported_version.
template <Message M>
Result<M> read_body(const SharedBytes& frame, std::size_t at, std::int16_t version);

// A whole frame, with length and header (of a request, key and version are filled in). Records in
// it are chunks of their own; all else shares one buffer.
// Pre: the version is one that M::kApi serves.
// Errors: unknown_server_error: a value that the version has no room for.
template <Message M>
Result<std::vector<env::Chunk>> write_frame(HeaderOf<M> header, std::int16_t version,
                                            const M& message);

}  // namespace ropewalk::kafka
