// Splitting bytes into frames, in pieces of any size, held against the plain way; then what the
// frames say: headers of requests and replies, and the parts of messages that carry records.
#include "broker/rpc/frame_reader.h"
#include "common/wire/assembler.h"
#include "common/wire/conversation.h"
#include "common/wire/fields.h"
#include "common/wire/frame.h"
#include "common/wire/records_last.h"
#include "ropewalk/v1/fetch.pb.h"
#include "ropewalk/v1/produce.pb.h"
#include "tests/fuzz/target.h"

namespace ropewalk::fuzz {
namespace {

constexpr std::size_t kPageBytes = 64 << 10;
constexpr std::size_t kFrameLimits[] = {16, 1000, 70'000, 1 << 20};

struct Split {
  std::vector<std::string> frames;
  Errc end = Errc::none;
  bool operator==(const Split&) const = default;
};

// Sizes of reads, from the input's second byte on: 1 byte, a few, many.
class Pieces {
 public:
  explicit Pieces(std::uint8_t start) : state_(start) {}
  std::size_t next() {
    state_ = state_ * 1'664'525 + 1'013'904'223;
    const std::uint32_t draw = state_ >> 16;
    return draw % 3 == 0 ? 1 : draw % 3 == 1 ? 1 + draw % 50 : 1 + draw % 30'000;
  }

 private:
  std::uint32_t state_;
};

Split plainly(std::string_view stream, std::size_t limit) {
  Split split;
  while (stream.size() >= wire::kLengthBytes) {
    const auto length = wire::decode_length(as_bytes(stream), limit);
    if (!length) {
      split.end = length.error().code;
      break;
    }
    if (stream.size() - wire::kLengthBytes < *length) break;
    split.frames.emplace_back(stream.substr(wire::kLengthBytes, *length));
    stream.remove_prefix(wire::kLengthBytes + *length);
  }
  return split;
}

void take(std::vector<SharedBytes>& frames, Split& split) {
  for (const SharedBytes& frame : frames) split.frames.emplace_back(frame.text());
  frames.clear();
}

Split by_reader(std::string_view stream, std::size_t limit, Pieces pieces) {
  rpc::ReceiveSlab slab;
  const auto budget = std::make_shared<rpc::FrameBudget>(100'000);
  rpc::FrameReader reader(slab, budget, limit);
  Split split;
  std::vector<SharedBytes> frames;
  while (!stream.empty() && split.end == Errc::none) {
    const MutableByteSpan room = reader.prepare();
    ENSURE(!room.empty(), "no room for a read");
    const std::string_view piece = stream.substr(0, std::min(pieces.next(), room.size()));
    std::memcpy(room.data(), piece.data(), piece.size());
    stream.remove_prefix(piece.size());
    const auto filled = reader.filled(piece.size(), frames);
    if (!filled) split.end = filled.error().code;
    take(frames, split);
    ENSURE(reader.unblock(), "memory for a frame, and all others are gone");
  }
  return split;
}

Split by_assembler(std::string_view stream, std::size_t limit, Pieces pieces) {
  wire::FrameAssembler assembler(limit);
  Split split;
  std::vector<SharedBytes> frames;
  while (!stream.empty() && split.end == Errc::none) {
    std::vector<std::byte> page(kPageBytes);
    if (assembler.large_bytes() != 0) assembler.start_large();
    const bool large = assembler.in_large();
    const MutableByteSpan room = large ? assembler.large_space() : assembler.page_space(page);
    ENSURE(!room.empty(), "no room for a read");
    const std::string_view piece = stream.substr(0, std::min(pieces.next(), room.size()));
    std::memcpy(room.data(), piece.data(), piece.size());
    stream.remove_prefix(piece.size());
    if (large) {
      assembler.large_filled(piece.size(), frames);
    } else {
      const auto filled = assembler.page_filled(SharedBytes(std::move(page)), piece.size(), frames);
      if (!filled) split.end = filled.error().code;
    }
    take(frames, split);
  }
  return split;
}

constexpr wire::ApiRange kApis[] = {{v1::API_NEGOTIATE, 1, 1}, {v1::API_FETCH, 1, 2}};

void read_frames(const std::vector<std::string>& frames) {
  wire::ServerConversation conversation(kApis, false);
  for (const std::string& text : frames) {
    const SharedBytes frame{std::string(text)};
    if (const auto request = wire::decode_request(frame)) {
      const auto admitted = conversation.admit(request->header);
      if (admitted && request->header.api_key() == v1::API_NEGOTIATE) conversation.negotiated();
      std::ignore = wire::slice_body<v1::ProduceRequest, v1::ProducePartition>(request->body, 10);
    }
    if (const auto response = wire::decode_response(frame)) {
      v1::FetchResponse message;
      const auto sliced =
          wire::slice_body<v1::FetchResponse, v1::FetchedPartition>(response->body, 1000);
      const auto parsed = wire::parse(response->body.span(), message);
      if (sliced && parsed)
        ENSURE(sliced->parts.size() == static_cast<std::size_t>(message.partitions_size()),
               "{} parts of {}", sliced->parts.size(), message.partitions_size());
    }
    wire::FieldWalker walker(as_bytes(text));
    while (!walker.at_end() && walker.next()) {
    }
  }
}

std::string frame_of(std::string_view inside) {
  std::string whole(wire::kLengthBytes, '\0');
  store_be(reinterpret_cast<std::byte*>(whole.data()), static_cast<std::uint32_t>(inside.size()));
  return whole.append(inside);
}

}  // namespace

std::vector<Seed> seeds() {
  v1::RequestHeader hello;
  hello.set_api_key(v1::API_NEGOTIATE);
  hello.set_client_id("seed");
  v1::RequestHeader fetch;
  fetch.set_api_key(v1::API_FETCH);
  fetch.set_api_version(2);
  fetch.set_correlation_id(7);
  v1::ResponseHeader answer;
  answer.set_correlation_id(7);
  answer.mutable_error()->set_message("no");
  v1::FetchResponse fetched;
  fetched.add_partitions()->set_records(std::string(100, 'r'));
  fetched.add_partitions()->set_partition(3);
  const std::string requests =
      std::string(wire::encode_frame(hello).text()) + std::string(wire::encode_frame(fetch).text());
  return {{"requests", "\x02\x05" + requests},
          {"answer", "\x02\x07" + std::string(wire::encode_frame(answer, fetched).text())},
          {"beyond_the_limit", std::string("\x00\x01", 2) + requests},
          {"empty_frame", std::string("\x01\x01\x00\x00\x00\x00", 6)},
          {"many_small", "\x03\x09" + frame_of("a") + frame_of("bc") + frame_of("def")},
          {"larger_than_a_tail", "\x02\x03" + frame_of(std::string(17'000, 'x')) + frame_of("a")},
          {"http", "\x03\x01GET / HTTP/1.1\r\n\r\n"},
          {"cut_off", "\x02\x01" + requests.substr(0, requests.size() - 3)}};
}

}  // namespace ropewalk::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ropewalk;
  using namespace ropewalk::fuzz;
  Input input(data, size);
  const std::size_t limit = kFrameLimits[input.byte() % std::size(kFrameLimits)];
  const Pieces pieces(input.byte());
  const Split expected = plainly(input.rest(), limit);
  ENSURE(by_reader(input.rest(), limit, pieces) == expected, "the reader splits otherwise");
  ENSURE(by_assembler(input.rest(), limit, pieces) == expected, "the assembler splits otherwise");
  read_frames(expected.frames);
  return 0;
}
