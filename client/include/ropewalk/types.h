// What the classes of the client library have in common: records, results, times.
//
// Everything fails as a value: Result<T> is std::expected<T, Error>, an Error has a code (Errc) and
// words (error.h). Nothing here throws but for lack of memory. Each function says of its errors
// whether trying again helps; is_retriable(code) says it of a code alone. What can pass by itself
// is tried again inside until a timeout; so an error that comes out has lasted, or is for good.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.h"

namespace ropewalk {

// Milliseconds since 1970, UTC: the precision that records have.
using Timestamp = std::chrono::sys_time<std::chrono::milliseconds>;

enum class Compression : std::uint8_t { none = 0, gzip = 1, snappy = 2, lz4 = 3, zstd = 4 };
// Errors: unsupported_compression_type, naming those that this library has.
Result<Compression> compression_named(std::string_view name);

// Who must have a record before it counts as delivered.
enum class Acks : std::uint8_t {
  all,     // Every in-sync replica: it survives the loss of the leader.
  leader,  // The leader alone.
  none,    // Nobody: sent is delivered; offsets are not known, losses are not noticed.
};

struct PartitionName {
  std::string topic;
  std::int32_t partition = 0;
  auto operator<=>(const PartitionName&) const = default;
};
std::string to_string(const PartitionName& name);  // "flights-3".

struct Header {
  std::string key;
  std::optional<std::string> value;
};

// A record to send. A missing key or value is not an empty one.
struct Record {
  std::string topic;
  std::optional<std::string> key = {};
  std::optional<std::string> value = {};
  std::vector<Header> headers = {};
  std::optional<Timestamp> timestamp = {};     // Now, if missing.
  std::optional<std::int32_t> partition = {};  // Chosen by the key, or evenly, if missing.
};

// Where a record came to stand.
struct Delivered {
  PartitionName partition;
  std::int64_t offset = -1;  // -1 with Acks::none.
  Timestamp timestamp;
};

struct HeaderView {
  std::string_view key;
  std::optional<std::string_view> value;
};

// A record that was read: views into the Records it came in.
struct ConsumedRecord {
  std::string_view topic;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  Timestamp timestamp;
  std::optional<std::string_view> key;
  std::optional<std::string_view> value;
  std::vector<HeaderView> headers;
};

// What one poll gave, in order within each partition. Owns the bytes: views die with it.
class Records {
 public:
  Records() = default;
  Records(std::vector<ConsumedRecord> records, std::vector<std::shared_ptr<const void>> owners)
      : records_(std::move(records)), owners_(std::move(owners)) {}
  Records(Records&&) = default;
  Records& operator=(Records&&) = default;
  Records(const Records&) = delete;
  Records& operator=(const Records&) = delete;

  auto begin() const { return records_.begin(); }
  auto end() const { return records_.end(); }
  std::size_t size() const { return records_.size(); }
  bool empty() const { return records_.empty(); }
  const ConsumedRecord& operator[](std::size_t index) const { return records_[index]; }

 private:
  std::vector<ConsumedRecord> records_;
  std::vector<std::shared_ptr<const void>> owners_;
};

}  // namespace ropewalk
