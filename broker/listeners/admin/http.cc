#include "broker/listeners/admin/http.h"

#include <string_view>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/string_body.hpp>
#include <fmt/chrono.h>

namespace ropewalk::admin {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;

HttpFault fault_of(const boost::system::error_code& error, const HttpLimits& limits) {
  if (error == http::error::header_limit)
    return {431, fmt::format("the header is longer than {} bytes", limits.header_bytes_max)};
  if (error == http::error::body_limit)
    return {413, fmt::format("the body is longer than {} bytes", limits.body_bytes_max)};
  return {400, fmt::format("this is no HTTP/1.1 request: {}", error.message())};
}

// The path of "/a?b" and of "http://host/a?b" (RFC 9112, section 3.2).
std::string path_of(std::string_view target) {
  if (const std::size_t scheme = target.find("://");
      scheme != std::string_view::npos && scheme < target.find('/')) {
    const std::size_t slash = target.find('/', scheme + 3);
    target = slash == std::string_view::npos ? "/" : target.substr(slash);
  }
  return std::string(target.substr(0, target.find_first_of("?#")));
}

template <class Body>
std::string serialize(http::response<Body>& message) {
  http::response_serializer<Body> serializer(message);
  std::string out;
  boost::system::error_code error;
  while (!serializer.is_done()) {
    serializer.next(error, [&](boost::system::error_code&, const auto& buffers) {
      std::size_t bytes = 0;
      for (auto at = asio::buffer_sequence_begin(buffers); at != asio::buffer_sequence_end(buffers);
           ++at) {
        const asio::const_buffer piece(*at);
        out.append(static_cast<const char*>(piece.data()), piece.size());
        bytes += piece.size();
      }
      serializer.consume(bytes);
    });
    if (error) break;  // Bodies in memory have none.
  }
  return out;
}

template <class Body>
http::response<Body> response_of(const HttpReply& reply, env::WallTime now) {
  http::response<Body> message(static_cast<http::status>(reply.response.status), reply.version);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now);
  message.set(
      http::field::date,
      fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT",
                  fmt::gmtime(static_cast<std::time_t>(seconds.time_since_epoch().count()))));
  message.set(http::field::content_type, reply.response.content_type);
  if (!reply.response.allow.empty()) message.set(http::field::allow, reply.response.allow);
  message.content_length(reply.response.body.size());
  message.keep_alive(reply.keep_alive);
  return message;
}

}  // namespace

struct HttpReader::Parser {
  explicit Parser(const HttpLimits& limits) {
    of_one.header_limit(static_cast<std::uint32_t>(limits.header_bytes_max));
    of_one.body_limit(limits.body_bytes_max);
    of_one.eager(true);
  }
  http::request_parser<http::string_body> of_one;
};

HttpReader::HttpReader(HttpLimits limits) : limits_(limits) {}
HttpReader::~HttpReader() = default;

void HttpReader::add(ByteSpan bytes) {
  if (!fault_ && input_.size() > limits_.waiting_bytes_max)
    fault_ = HttpFault{413, "too much is sent ahead of the answers"};
  if (!fault_) input_ += as_text(bytes);
}

bool HttpReader::has_some() const { return begun_ || !input_.empty(); }

std::expected<std::optional<HttpRequest>, HttpFault> HttpReader::next() {
  if (!fault_) fault_ = parse();
  if (fault_) return std::unexpected(*fault_);
  if (!parser_ || !parser_->of_one.is_done()) return std::optional<HttpRequest>();
  const auto message = parser_->of_one.release();
  parser_.reset();
  begun_ = false;
  HttpRequest request;
  request.method = std::string(message.method_string());
  request.path = path_of({message.target().data(), message.target().size()});
  request.version = message.version();
  request.keep_alive = message.keep_alive();
  if (request.version >= 11 && message.count(http::field::host) != 1) {
    fault_ = HttpFault{400, "a request of HTTP/1.1 names its host once"};
    return std::unexpected(*fault_);
  }
  return request;
}

std::optional<HttpFault> HttpReader::parse() {
  // Empty lines in front of a request are to be passed over (RFC 9112, section 2.2).
  if (!begun_) input_.erase(0, std::min(input_.find_first_not_of("\r\n"), input_.size()));
  if (input_.empty()) return std::nullopt;
  begun_ = true;
  if (!parser_) parser_ = std::make_unique<Parser>(limits_);
  boost::system::error_code error;
  const std::size_t taken = parser_->of_one.put(asio::buffer(input_), error);
  input_.erase(0, taken);
  if (error && error != http::error::need_more) return fault_of(error, limits_);
  return std::nullopt;
}

std::string encode(HttpReply reply, env::WallTime now) {
  if (reply.head) {
    auto message = response_of<http::empty_body>(reply, now);
    return serialize(message);
  }
  auto message = response_of<http::string_body>(reply, now);
  message.body() = std::move(reply.response.body);
  return serialize(message);
}

}  // namespace ropewalk::admin
