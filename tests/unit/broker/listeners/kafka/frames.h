// Frames for tests: the golden ones, and written ones as text.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "broker/listeners/kafka/messages/all.h"
#include "common/bytes.h"
#include "common/env/network.h"

namespace ropewalk::kafka {

inline std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  return bytes;
}

// All bytes in order. Pre: no file ranges.
inline std::string text_of(const std::vector<env::Chunk>& chunks) {
  std::string text;
  for (const auto& chunk : chunks) text += std::get<SharedBytes>(chunk).text();
  return text;
}

// One line of golden.txt.
struct Golden {
  bool is_request = false;
  std::string call;
  std::int16_t version = 0;
  std::string source;
  std::string bytes;  // With the length.

  SharedBytes frame() const { return SharedBytes(bytes.substr(4)); }
  std::string name() const {
    return (is_request ? "request " : "response ") + call + " v" + std::to_string(version) +
           " of " + source;
  }
};

inline const std::vector<Golden>& golden_frames() {
  static const std::vector<Golden> all = [] {
    const char* const source = std::getenv("RW_SOURCE_DIR");
    std::ifstream file(std::string(source == nullptr ? "." : source) +
                       "/tests/unit/broker/listeners/kafka/golden.txt");
    std::vector<Golden> read;
    for (std::string line; std::getline(file, line);) {
      if (line.starts_with('#')) continue;
      std::istringstream words(line);
      Golden golden;
      std::string kind;
      std::string hex;
      words >> kind >> golden.call >> golden.version >> golden.source >> hex;
      golden.is_request = kind == "request";
      golden.bytes = from_hex(hex);
      read.push_back(std::move(golden));
    }
    return read;
  }();
  return all;
}

// Errors: as reading header and body has them.
template <Message M>
struct ReadFrame {
  HeaderOf<M> header;
  M body;
};
template <Message M>
Result<ReadFrame<M>> read_frame(const SharedBytes& frame, std::int16_t version) {
  if constexpr (M::kIsRequest) {
    TRY(auto start, read_request_header(frame));
    if (start.api == nullptr || start.header.api_version != version)
      return fail(Errc::unsupported_version, "not served");
    TRY(auto body, read_body<M>(frame, start.body_at, version));
    return ReadFrame<M>{std::move(start.header), std::move(body)};
  } else {
    const std::size_t body_at = shape_of_response_header(M::kApi, version).is_flexible ? 5 : 4;
    if (frame.size() < body_at) return fail(Errc::invalid_request, "no header");
    const ResponseHeader header{load_be<std::int32_t>(frame.data())};
    TRY(auto body, read_body<M>(frame, body_at, version));
    return ReadFrame<M>{header, std::move(body)};
  }
}

// Calls `of.template operator()<M>()` for the message that `golden` is.
template <class Each>
void with_message(const Golden& golden, Each of) {
  for_each_call([&]<class C>() {
    if (C::Request::kApi.name != golden.call) return;
    if (golden.is_request)
      of.template operator()<typename C::Request>();
    else
      of.template operator()<typename C::Response>();
  });
}

// The one captured from a client whose name begins with `source`.
inline const Golden& captured(const std::string& call, std::int16_t version,
                              const std::string& source) {
  for (const auto& golden : golden_frames())
    if (golden.is_request && golden.call == call && golden.version == version &&
        golden.source.starts_with(source))
      return golden;
  ADD_FAILURE() << "no " << call << " v" << version << " of " << source;
  std::abort();
}

}  // namespace ropewalk::kafka
