// One blocking connection that speaks raw frames of the native protocol. One thread at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "common/bytes.h"
#include "common/error.h"
#include "common/wire/frame.h"
#include "ropewalk/v1/fetch.pb.h"
#include "ropewalk/v1/header.pb.h"
#include "ropewalk/v1/produce.pb.h"

namespace ropewalk::support {

class NativeClient {
 public:
  // Connects to 127.0.0.1 and negotiates. `patience` is for each later wait as well. Errors:
  // closed, request_timed_out, and what the broker says.
  static Result<NativeClient> connect(std::uint16_t port, std::chrono::milliseconds patience);
  ~NativeClient();
  NativeClient(NativeClient&& other) noexcept;
  NativeClient& operator=(NativeClient&& other) noexcept;

  Result<void> send(ByteSpan whole_frame);
  Result<wire::ResponseFrame> receive();
  // For shutting it down from another thread.
  int socket() const { return socket_; }

  // One request and its reply, with nothing else under way.
  template <class Response>
  Result<Response> call(v1::ApiKey api, const google::protobuf::MessageLite& request) {
    TRY(const auto frame, exchange(api, request));
    Response response;
    TRY_VOID(wire::parse(frame.body.span(), response));
    return response;
  }
  Result<wire::ResponseFrame> exchange(v1::ApiKey api,
                                       const google::protobuf::MessageLite& request);

  // Makes a topic and returns its id once its partitions have leaders.
  struct NewTopic {
    std::string name;
    std::int32_t partitions = 1;
    std::string durability = "synced";
  };
  Result<std::string> create_topic(const NewTopic& topic);

 private:
  explicit NativeClient(int socket) : socket_(socket) {}
  Result<void> read_exactly(std::byte* to, std::size_t size);

  int socket_ = -1;
  std::int64_t next_id_ = 1'000'000'000;  // Above those of frames that tests number themselves.
  std::vector<std::byte> buffer_;
  std::size_t buffer_begin_ = 0;
  std::size_t buffer_end_ = 0;
};

// A whole produce frame around one batch.
struct ProduceFrame {
  std::int64_t correlation_id = 0;
  std::string topic_id;
  std::int32_t partition = 0;
  v1::Acks acks = v1::ACKS_ALL;
};
std::vector<std::byte> encode_produce(const ProduceFrame& frame, ByteSpan batch);

}  // namespace ropewalk::support
