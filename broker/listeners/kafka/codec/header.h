// What stands in front of every message.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "broker/listeners/kafka/codec/api.h"
#include "broker/listeners/kafka/codec/field.h"
#include "common/bytes.h"
#include "common/error.h"

namespace ropewalk::kafka {

// Version 1; version 2, of flexible requests, has tagged fields but the client id as before.
struct RequestHeader {
  std::int16_t api_key = 0;
  std::int16_t api_version = 0;
  std::int32_t correlation_id = 0;
  std::optional<std::string> client_id;

  static void fields(auto& self, auto& visit) {
    visit("api_key", self.api_key);
    visit("api_version", self.api_version);
    visit("correlation_id", self.correlation_id);
    visit("client_id", self.client_id, {.since = 1, .never_compact = true});
  }
};

// Version 0; version 1, of flexible responses, has tagged fields.
struct ResponseHeader {
  std::int32_t correlation_id = 0;

  static void fields(auto& self, auto& visit) { visit("correlation_id", self.correlation_id); }
};

constexpr Shape shape_of_request_header(const Api& api, std::int16_t version) {
  const bool is_flexible = api.is_flexible(version);
  const std::int16_t header_version = is_flexible ? 2 : 1;
  return {api.name, "request header", header_version, is_flexible};
}

// A client that asks ApiVersions cannot know yet which header to expect: it is always the old one.
constexpr Shape shape_of_response_header(const Api& api, std::int16_t version) {
  const bool is_flexible = api.is_flexible(version) && api.key != kApiVersions.key;
  const std::int16_t header_version = is_flexible ? 1 : 0;
  return {api.name, "response header", header_version, is_flexible};
}

struct RequestStart {
  RequestHeader header;
  // Null if the call or its version is not served here. Then nothing behind the correlation id has
  // been read: who knows how it looks.
  const Api* api = nullptr;
  std::size_t body_at = 0;  // Where in the frame the body begins.
};

// `frame` is without its length.
// Errors: invalid_request.
Result<RequestStart> read_request_header(const SharedBytes& frame);

}  // namespace ropewalk::kafka
