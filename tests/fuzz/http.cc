// What the admin port reads.
#include "broker/listeners/admin/http.h"

#include "tests/fuzz/target.h"

namespace ropewalk::fuzz {

std::vector<Seed> seeds() {
  return {
      {"get", "\x20GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"two", "\x05GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nHEAD /readyz?x=1 HTTP/1.0\r\n\r\n"},
      {"body", "\x40POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"},
      {"chunks", "\x09PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"},
      {"none", "\x01\x16\x03\x01"}};
}

}  // namespace ropewalk::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ropewalk;
  fuzz::Input input(data, size);
  const std::size_t piece = 1 + input.byte();
  admin::HttpReader reader({});
  while (!input.rest().empty()) {
    reader.add(as_bytes(input.take(piece)));
    for (;;) {
      const auto request = reader.next();
      if (!request) {
        const auto again = reader.next();
        ENSURE(!again && again.error().status == request.error().status, "a fault stays");
        return 0;
      }
      if (!*request) break;
      admin::HttpReply reply{.response = {.body = (*request)->path},
                             .version = (*request)->version,
                             .keep_alive = (*request)->keep_alive};
      std::ignore = admin::encode(std::move(reply), {});
    }
    std::ignore = reader.has_some();
  }
  return 0;
}
