// HTTP/1.1 as the admin port speaks it, between bytes and values. Without I/O.
#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "common/bytes.h"
#include "common/env/time.h"

namespace ropewalk::admin {

struct HttpLimits {
  std::size_t header_bytes_max = 8 << 10;  // The request line included.
  std::size_t body_bytes_max = 64 << 10;
  // Of requests behind the one that is being answered, and one read more.
  std::size_t waiting_bytes_max = 64 << 10;
};

struct HttpRequest {
  std::string method;
  std::string path;  // Without query.
  unsigned version = 11;
  bool keep_alive = true;
};

struct HttpResponse {
  unsigned status = 200;
  std::string body;
  std::string content_type = "text/plain; charset=utf-8";
  std::string allow = {};  // Of a 405.
};

// What arrived is no request that could be answered; nothing more can be read behind it.
struct HttpFault {
  unsigned status = 400;
  std::string words;
};

class HttpReader {
 public:
  explicit HttpReader(HttpLimits limits);
  ~HttpReader();

  void add(ByteSpan bytes);
  // The next whole request; nothing while more of it is to come. After a fault: the same again.
  std::expected<std::optional<HttpRequest>, HttpFault> next();
  // Whether a request has begun.
  bool has_some() const;

 private:
  struct Parser;
  std::optional<HttpFault> parse();

  const HttpLimits limits_;
  std::string input_;  // What the parser has not taken yet.
  std::unique_ptr<Parser> parser_;
  bool begun_ = false;
  std::optional<HttpFault> fault_;
};

// The whole response, for a request of this version and method; a HEAD gets no body.
struct HttpReply {
  HttpResponse response;
  unsigned version = 11;
  bool keep_alive = true;
  bool head = false;
};
std::string encode(HttpReply reply, env::WallTime now);

}  // namespace ropewalk::admin
