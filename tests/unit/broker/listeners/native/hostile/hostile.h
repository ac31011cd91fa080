// The corpus of malformed frames and batches: what is sent, and what has to come back.
//
// Each case is a good frame with one named change. The tables are data, so that they can be counted
// and their names compared; `hostile_test.cc` sends them all to a whole broker in the simulation.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <google/protobuf/message_lite.h>

#include "common/error.h"
#include "common/uuid.h"
#include "ropewalk/v1/header.pb.h"
#include "tests/support/hostile_batches/hostile_batches.h"

namespace ropewalk::native {

using support::good_batch;
using support::kGoodRecords;
using support::kHostileDecompressedMax;

enum class After {
  goes_on,  // The connection serves the next request.
  closes,   // Behind the answer, which says so.
  hangs_up  // There is no answer: it closes, or waits for bytes that do not come.
};

struct Hostile {
  std::string name;
  std::string sent;              // Whole frames, if they are any.
  Errc request = Errc::none;     // In the header of the reply.
  Errc item = Errc::none;        // Of the first topic or partition in its body.
  After after = After::goes_on;  // A request that failed by its frame or header closes.
  std::int32_t api = 0;          // How to read the body; 0: nobody looks.
  bool fresh = false;            // Sent without a Negotiate before it.
};
using HostileTable = std::vector<Hostile>;

// What the cases can name: a topic of two partitions that the broker leads, with three records in
// partition 1.
inline constexpr std::string_view kHostileTopic = "there";
struct HostileWorld {
  TopicId topic;
};

HostileTable hostile_frames(const HostileWorld& world);
HostileTable hostile_headers(const HostileWorld& world);
HostileTable hostile_requests(const HostileWorld& world);
// Those of tests/support/hostile_batches, each in a produce.
HostileTable hostile_batches(const HostileWorld& world);

// Builders. A "raw" one is put together by hand, so that protobuf cannot mend it.
inline constexpr std::int64_t kCorrelation = 5;
std::string varint(std::uint64_t value);
// A tag and what stands behind it.
std::string raw_field(std::uint32_t number, unsigned wire_type, std::string_view rest);
std::string bytes_field(std::uint32_t number, std::string_view value);
std::string varint_field(std::uint32_t number, std::uint64_t value);
v1::RequestHeader header_for(std::int32_t api);
std::string raw_frame(std::string_view header, std::string_view body);
std::string request(std::int32_t api, const google::protobuf::MessageLite& body);
std::string raw_request(std::int32_t api, std::string_view body);

// The body of a ProduceRequest for partition 0 with `records`, and a good batch for partition 1
// beside it.
std::string produce_of(const HostileWorld& world, std::string_view records);

}  // namespace ropewalk::native
