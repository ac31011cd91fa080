// A blocking connection that speaks Kafka's protocol. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "broker/listeners/kafka/codec/codec.h"
#include "tests/support/raw_socket.h"

namespace ropewalk::support {

class KafkaConnection {
 public:
  // Errors: closed, request_timed_out.
  static Result<KafkaConnection> connect(std::uint16_t port) {
    TRY(auto socket, RawSocket::connect(port, {}));
    return KafkaConnection(std::move(socket));
  }

  // One request and its reply. Errors: those of RawSocket, and bytes that are no such reply.
  template <kafka::Message Response, kafka::Message Request>
  Result<Response> call(const Request& message, std::int16_t version) {
    kafka::RequestHeader header;
    header.correlation_id = ++correlation_;
    header.client_id = "integration";
    TRY(const auto frame, kafka::write_frame<Request>(header, version, message));
    std::string bytes;
    for (const env::Chunk& chunk : frame) bytes += std::get<SharedBytes>(chunk).text();
    TRY_VOID(socket_.send(bytes));
    TRY(const SharedBytes reply, socket_.receive_frame());
    const bool flexible = kafka::shape_of_response_header(Response::kApi, version).is_flexible;
    const std::size_t body_at = flexible ? 5 : 4;
    if (reply.size() < body_at || load_be<std::int32_t>(reply.data()) != correlation_)
      return fail(Errc::malformed_frame, "a reply that is not to request {}", correlation_);
    return kafka::read_body<Response>(reply, body_at, version);
  }

 private:
  explicit KafkaConnection(RawSocket socket) : socket_(std::move(socket)) {}

  RawSocket socket_;
  std::int32_t correlation_ = 0;
};

}  // namespace ropewalk::support
