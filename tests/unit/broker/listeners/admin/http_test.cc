#include "broker/listeners/admin/http.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ropewalk::admin {
namespace {

using testing::HasSubstr;

class Http : public testing::Test {
 protected:
  // The request in these bytes, which come in one piece.
  static HttpRequest request(const std::string& bytes) {
    HttpReader reader(HttpLimits{});
    reader.add(as_bytes(bytes));
    auto next = reader.next();
    EXPECT_TRUE(next && *next) << bytes;
    return next && *next ? **next : HttpRequest{};
  }
  static unsigned fault(const std::string& bytes) {
    HttpReader reader(HttpLimits{});
    reader.add(as_bytes(bytes));
    for (;;) {
      auto next = reader.next();
      if (!next) return next.error().status;
      if (!*next) return 0;
    }
  }
};

TEST_F(Http, ReadsARequestHoweverItComes) {
  const std::string bytes =
      "GET /metrics?x=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
      "\r\n\r\nHEAD / HTTP/1.0\r\n\r\n";
  for (std::size_t piece = 1; piece <= bytes.size(); piece++) {
    HttpReader reader(HttpLimits{});
    std::vector<HttpRequest> requests;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      reader.add(as_bytes(bytes.substr(at, piece)));
      for (auto next = reader.next(); next && *next; next = reader.next())
        requests.push_back(**next);
    }
    ASSERT_EQ(requests.size(), 2U) << piece;
    EXPECT_EQ(requests[0].method, "GET");
    EXPECT_EQ(requests[0].path, "/metrics");
    EXPECT_TRUE(requests[0].keep_alive);
    EXPECT_EQ(requests[1].method, "HEAD");
    EXPECT_EQ(requests[1].path, "/");
    EXPECT_FALSE(requests[1].keep_alive);
    EXPECT_FALSE(reader.has_some());
  }
}

TEST_F(Http, KnowsWhetherARequestHasBegun) {
  HttpReader reader(HttpLimits{});
  EXPECT_FALSE(reader.has_some());
  reader.add(as_bytes("G"));
  EXPECT_FALSE(*reader.next());
  EXPECT_TRUE(reader.has_some());
}

TEST_F(Http, TakesTargetsInAllForms) {
  const auto path = [](const std::string& target) {
    return request("GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n").path;
  };
  EXPECT_EQ(path("/healthz"), "/healthz");
  EXPECT_EQ(path("/healthz?a=/b#c"), "/healthz");
  EXPECT_EQ(path("http://a:9644/metrics?x"), "/metrics");
  EXPECT_EQ(path("http://a:9644"), "/");
  EXPECT_EQ(path("/a://b"), "/a://b");
  EXPECT_EQ(path("*"), "*");
}

TEST_F(Http, HoldsToTheVersionAndTheWishToClose) {
  EXPECT_FALSE(request("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").keep_alive);
  EXPECT_TRUE(request("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").keep_alive);
  EXPECT_EQ(request("GET / HTTP/1.0\r\n\r\n").version, 10U);
}

TEST_F(Http, PassesOverABodyOfKnownLengthOrInChunks) {
  const std::string chunked =
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
  EXPECT_EQ(request(chunked).method, "POST");
  EXPECT_EQ(request("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx").method, "PUT");
}

TEST_F(Http, RefusesWhatIsNoRequest) {
  for (const std::string& bad : {
           std::string("nonsense\r\n\r\n"), std::string("GET /\r\n\r\n"),
           std::string("GET / HTTP/3.0\r\nHost: a\r\n\r\n"),
           std::string("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
           std::string("GET / HTTP/1.1\r\nno colon\r\n\r\n"),
           std::string("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n"),
           std::string("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n"
                       "Content-Length: 2\r\n\r\n"),
           std::string("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
           std::string("GET / HTTP/1.1\r\n\r\n"),  // No host.
           std::string("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
           std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11),  // TLS.
           std::string("\x00\x00\x00\x08\x08\x01", 6),                       // Our own protocol.
       })
    EXPECT_EQ(fault(bad), 400U) << bad;
}

TEST_F(Http, BoundsHeaderBodyAndWhatWaits) {
  const HttpLimits limits;
  const std::string head = "GET / HTTP/1.1\r\nHost: a\r\n";
  const std::string filler(limits.header_bytes_max, 'x');
  EXPECT_EQ(fault(head + "A: " + filler + "\r\n\r\n"), 431U);
  EXPECT_EQ(fault(head + "A: " + filler), 431U);  // Also without an end.
  EXPECT_EQ(fault("GET /" + filler + " HTTP/1.1\r\n\r\n"), 431U);
  EXPECT_EQ(fault("GET /" + filler), 431U);
  EXPECT_EQ(fault(head + fmt::format("Content-Length: {}\r\n\r\n", limits.body_bytes_max + 1)),
            413U);
  EXPECT_EQ(fault(head + "Content-Length: 99999999999999999999999\r\n\r\n"), 400U);
  EXPECT_EQ(fault(head + fmt::format("Transfer-Encoding: chunked\r\n\r\n{:x}\r\n",
                                     limits.body_bytes_max + 1)),
            413U);

  HttpReader reader(limits);
  std::string many;
  while (many.size() <= limits.waiting_bytes_max) many += head + "\r\n";
  reader.add(as_bytes(many));
  reader.add(as_bytes(many));
  const auto next = reader.next();
  ASSERT_FALSE(next);
  EXPECT_EQ(next.error().status, 413U);
}

TEST_F(Http, AFaultIsTheEnd) {
  HttpReader reader(HttpLimits{});
  reader.add(as_bytes("nonsense\r\n\r\n"));
  EXPECT_FALSE(reader.next());
  reader.add(as_bytes("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  EXPECT_FALSE(reader.next());
}

TEST_F(Http, WritesResponses) {
  const env::WallTime time(std::chrono::milliseconds(1'795'944'366'123));
  EXPECT_EQ(encode({.response = {.status = 200, .body = "ok\n"}}, time),
            "HTTP/1.1 200 OK\r\n"
            "Date: Sun, 29 Nov 2026 09:26:06 GMT\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n"
            "Content-Length: 3\r\n\r\nok\n");
  const std::string head =
      encode({.response = {.status = 405, .body = "no\n", .allow = "GET, HEAD"},
              .keep_alive = false,
              .head = true},
             time);
  EXPECT_THAT(head, testing::StartsWith("HTTP/1.1 405 Method Not Allowed\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nAllow: GET, HEAD\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nContent-Length: 3\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_THAT(head, testing::EndsWith("\r\n\r\n"));
  const std::string old = encode({.response = {}, .version = 10, .keep_alive = true}, time);
  EXPECT_THAT(old, HasSubstr("HTTP/1.0 200"));
  EXPECT_THAT(old, HasSubstr("\r\nConnection: keep-alive\r\n"));
}

}  // namespace
}  // namespace ropewalk::admin
