// A peer that speaks the native protocol just well enough, to a server in the same simulation.
#pragma once

#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "common/wire/frame.h"
#include "ropewalk/v1/negotiate.pb.h"
#include "tests/unit/broker/rpc/raw_peer.h"

namespace ropewalk::native {

struct Reply {
  v1::ResponseHeader header;
  SharedBytes body;

  Errc code() const { return static_cast<Errc>(header.error().code()); }
  template <class Message>
  Message as() const {
    Message message;
    EXPECT_TRUE(wire::parse(body.span(), message));
    return message;
  }
};

class Peer {
 public:
  Peer(sim::Simulation& world, sim::Node& node, const std::string& host = "broker")
      : raw_(world, node, {host, 9192}) {}

  static std::string request(std::int32_t api, std::int64_t correlation,
                             const google::protobuf::MessageLite& body) {
    v1::RequestHeader header;
    header.set_api_key(api);
    header.set_api_version(1);
    header.set_correlation_id(correlation);
    return std::string(wire::encode_frame(header, body).text());
  }
  void send(std::string bytes) { raw_.send(std::move(bytes)); }
  Reply read() {
    const std::string frame = raw_.read();
    EXPECT_FALSE(frame.empty()) << "the connection is closed";
    Reply reply;
    const auto decoded = wire::decode_response(SharedBytes(frame));
    EXPECT_TRUE(decoded);
    if (decoded) reply = {decoded->header, decoded->body};
    return reply;
  }
  Reply call(std::int32_t api, const google::protobuf::MessageLite& body) {
    send(request(api, next_, body));
    Reply reply = read();
    EXPECT_EQ(reply.header.correlation_id(), next_++);
    return reply;
  }
  Reply negotiate() { return call(v1::API_NEGOTIATE, v1::NegotiateRequest()); }
  bool closed() { return raw_.closed(); }
  void close() { raw_.close(); }

 private:
  rpc::RawPeer raw_;
  std::int64_t next_ = 1;
};

}  // namespace ropewalk::native
