// A TCP connection to 127.0.0.1 for peers that keep to no protocol. One thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <google/protobuf/message_lite.h>

#include "common/error.h"
#include "common/wire/frame.h"

namespace ropewalk::support {

class RawSocket {
 public:
  struct Options {
    bool negotiate = false;
    int receive_buffer = 0;  // Bytes, as the system rounds them; 0 is its default.
  };
  // Errors: closed, request_timed_out.
  static Result<RawSocket> connect(std::uint16_t port, Options options);
  ~RawSocket();
  RawSocket(RawSocket&& other) noexcept;
  RawSocket& operator=(RawSocket&& other) noexcept;

  // All of it. Errors: closed, request_timed_out (the peer took nothing for two minutes).
  Result<void> send(std::string_view bytes);
  // As much as the system takes now; 0 also when the peer has closed.
  std::size_t send_some(std::string_view bytes);
  // The next frame, without its length: of any protocol whose frames begin with one. Errors as
  // below.
  Result<SharedBytes> receive_frame();
  // The next frame. Errors: closed (also in the middle of one), request_timed_out (two minutes).
  Result<wire::ResponseFrame> receive();
  // Reads and drops what comes until the peer closes. False: it did not within two minutes.
  bool closes();
  // Whether it has closed by now, without waiting. Drops what has come.
  bool is_closed();
  void close();

 private:
  explicit RawSocket(int socket) : socket_(socket) {}
  Result<std::string> receive_exactly(std::size_t size);
  int socket_ = -1;
};

// A whole request with its length.
std::string raw_frame(std::int32_t api, std::int64_t correlation_id,
                      const google::protobuf::MessageLite& body, std::int32_t version = 1);
std::string raw_negotiate();
// A length and nothing else.
std::string raw_length(std::uint32_t length);

}  // namespace ropewalk::support
