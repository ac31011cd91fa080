// A client of HTTP in the simulation: sends whatever bytes a test likes, reads responses.
#pragma once

#include <charconv>
#include <optional>
#include <string>
#include <string_view>

#include "tests/support/sim_peer.h"

namespace ropewalk::support {

struct HttpAnswer {
  int status = 0;  // 0: the server has closed.
  std::string head;
  std::string body;
};

// The first answer in `received`, taken out of it; nothing while it is not whole.
inline std::optional<HttpAnswer> take_http_answer(std::string& received, bool has_body) {
  const std::size_t end = received.find("\r\n\r\n");
  if (end == std::string::npos || !received.starts_with("HTTP/1.")) return std::nullopt;
  HttpAnswer answer;
  answer.head = received.substr(0, end + 2);
  constexpr std::string_view kLength = "Content-Length: ";
  std::size_t body_bytes = 0;
  if (const std::size_t at = answer.head.find(kLength); has_body && at != std::string::npos)
    std::from_chars(answer.head.data() + at + kLength.size(), answer.head.data() + end, body_bytes);
  if (received.size() < end + 4 + body_bytes) return std::nullopt;
  std::from_chars(answer.head.data() + 9, answer.head.data() + 12, answer.status);
  answer.body = received.substr(end + 4, body_bytes);
  received.erase(0, end + 4 + body_bytes);
  return answer;
}

class HttpPeer : public SimPeer {
 public:
  using SimPeer::SimPeer;

  HttpAnswer read(bool has_body = true) {
    return receive([has_body](std::string& bytes) { return take_http_answer(bytes, has_body); })
        .value_or(HttpAnswer());
  }
  HttpAnswer get(const std::string& target) {
    send("GET " + target + " HTTP/1.1\r\nHost: broker\r\n\r\n");
    return read();
  }
  // Whether the server closes, without another answer.
  bool closed() { return read().status == 0 && received().empty(); }
};

}  // namespace ropewalk::support
