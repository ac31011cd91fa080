// A client of HTTP in the simulation: sends whatever bytes a test likes, reads responses.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "common/env/sim/simulation.h"

namespace ropewalk::support {

struct HttpAnswer {
  int status = 0;  // 0: the server has closed.
  std::string head;
  std::string body;
};

// The first answer in `received`, taken out of it; a status of 0 while it is not whole.
inline HttpAnswer take_http_answer(std::string& received, bool has_body) {
  const std::size_t end = received.find("\r\n\r\n");
  if (end == std::string::npos || !received.starts_with("HTTP/1.")) return {};
  HttpAnswer answer;
  answer.head = received.substr(0, end + 2);
  constexpr std::string_view kLength = "Content-Length: ";
  std::size_t body_bytes = 0;
  if (const std::size_t at = answer.head.find(kLength); has_body && at != std::string::npos)
    std::from_chars(answer.head.data() + at + kLength.size(), answer.head.data() + end, body_bytes);
  if (received.size() < end + 4 + body_bytes) return {};
  std::from_chars(answer.head.data() + 9, answer.head.data() + 12, answer.status);
  answer.body = received.substr(end + 4, body_bytes);
  received.erase(0, end + 4 + body_bytes);
  return answer;
}

class HttpPeer {
 public:
  HttpPeer(sim::Simulation& world, sim::Node& node, const env::Endpoint& server)
      : world_(world), core_(node.environment().core(0)) {
    connection_ = world_.run(core_, connect(node.environment(), server)).value();
  }

  // All of it, or what the server takes before it closes.
  void send(std::string bytes) {
    std::vector<env::Chunk> chunks{SharedBytes(std::move(bytes))};
    std::ignore = world_.run(core_, write(*connection_, std::move(chunks)));
  }
  HttpAnswer read(bool has_body = true) {
    return world_.run(core_, read_answer(*connection_, received_, has_body));
  }
  HttpAnswer get(const std::string& target) {
    send("GET " + target + " HTTP/1.1\r\nHost: broker\r\n\r\n");
    return read();
  }
  // Whether the server closes, without another answer.
  bool closed() { return read().status == 0 && received_.empty(); }
  void close() { connection_->close(); }

 private:
  static Task<Result<std::unique_ptr<env::Connection>>> connect(env::Environment& environment,
                                                                env::Endpoint to) {
    const auto deadline = environment.now() + std::chrono::seconds(5);
    auto connected = co_await environment.network().connect(to, deadline, {});
    co_return connected;
  }
  static Task<Result<void>> write(env::Connection& connection, std::vector<env::Chunk> chunks) {
    auto written = co_await connection.write(chunks);
    co_return written;
  }
  static Task<HttpAnswer> read_answer(env::Connection& connection, std::string& received,
                                      bool has_body) {
    for (;;) {
      HttpAnswer answer = take_http_answer(received, has_body);
      if (answer.status != 0) co_return answer;
      auto readable = co_await connection.wait_readable();
      if (!readable) co_return HttpAnswer();
      std::array<std::byte, 4096> buffer;
      auto count = connection.try_read(buffer);
      if (!count && count.error().code == Errc::would_block) continue;
      if (!count || *count == 0) co_return HttpAnswer();
      received += as_text(ByteSpan(buffer).first(*count));
    }
  }

  sim::Simulation& world_;
  env::Core& core_;
  std::unique_ptr<env::Connection> connection_;
  std::string received_;
};

}  // namespace ropewalk::support
