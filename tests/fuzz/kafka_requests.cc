// Requests of Kafka's protocol, in every call and version: what can be read can be written, and is
// then read as the same.
#include <variant>

#include "broker/listeners/kafka/messages/all.h"
#include "tests/fuzz/golden_requests.h"
#include "tests/fuzz/target.h"

namespace ropewalk::fuzz {
namespace {

// Without its length.
SharedBytes frame_of(const std::vector<env::Chunk>& chunks) {
  std::string text;
  for (const auto& chunk : chunks) text += std::get<SharedBytes>(chunk).text();
  return SharedBytes(text.substr(sizeof(std::int32_t)));
}

template <class Request>
void read_and_write(const SharedBytes& frame, const kafka::RequestStart& start) {
  const std::int16_t version = start.header.api_version;
  const auto request = kafka::read_body<Request>(frame, start.body_at, version);
  if (!request) return;
  const auto written = kafka::write_frame<Request>(start.header, version, *request);
  ENSURE(written, "read and not to be written: {}", written.error());
  const SharedBytes again = frame_of(*written);

  const auto start_again = kafka::read_request_header(again);
  ENSURE(start_again && start_again->api == start.api, "another header when written");
  const auto request_again = kafka::read_body<Request>(again, start_again->body_at, version);
  ENSURE(request_again, "written and not to be read: {}", request_again.error());
  const auto written_again =
      kafka::write_frame<Request>(start_again->header, version, *request_again);
  ENSURE(written_again && frame_of(*written_again).text() == again.text(),
         "another request when written");
}

}  // namespace

std::vector<Seed> seeds() { return golden_requests(); }

}  // namespace ropewalk::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ropewalk;
  const auto frame = SharedBytes::copy_of(ByteSpan(reinterpret_cast<const std::byte*>(data), size));
  const auto start = kafka::read_request_header(frame);
  if (!start || start->api == nullptr) return 0;
  kafka::for_each_call([&]<class C>() {
    if (start->api == &C::Request::kApi) fuzz::read_and_write<typename C::Request>(frame, *start);
  });
  return 0;
}
