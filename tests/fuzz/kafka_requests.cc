// Requests of Kafka's protocol, in every call and version: what can be read can be written, and is
// then read as the same.
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <variant>

#include "broker/listeners/kafka/messages/all.h"
#include "tests/fuzz/target.h"

namespace ropewalk::fuzz {
namespace {

// The golden frames of the unit tests: requests that clients sent, and another encoder's.
constexpr const char* kGoldenFile = "tests/unit/broker/listeners/kafka/golden.txt";

std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  return bytes;
}

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

std::vector<Seed> seeds() {
  std::vector<Seed> all;
  std::ifstream file(kGoldenFile);
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string kind, call, version, source, hex;
    words >> kind >> call >> version >> source >> hex;
    if (kind == "request" && !source.ends_with("-sparse"))
      all.push_back({call + "_" + version + "_" + source, from_hex(hex).substr(4)});
  }
  ENSURE(!all.empty(), "run from the top of the tree: {} is not there", kGoldenFile);
  return all;
}

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
