// Records out of a partition, by raw fetches.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "common/error.h"
#include "tests/support/native_client.h"

namespace ropewalk::support {

struct StoredRecord {
  std::int64_t offset = 0;
  std::string value;
};

struct FetchFrom {
  std::string topic_id;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::int32_t bytes_max = 1 << 20;
  std::chrono::milliseconds wait_max{0};
};
struct Fetched {
  std::vector<StoredRecord> records;  // From the offset on.
  std::int64_t next = 0;              // Where the next fetch goes on.
  std::int64_t high_watermark = 0;
};

v1::FetchRequest fetch_request(const FetchFrom& from);
// One fetch and its answer, checksums checked.
Result<Fetched> fetch_records(NativeClient& client, const FetchFrom& from);
// Everything up to the high watermark.
Result<std::vector<StoredRecord>> read_partition(NativeClient& client, const std::string& topic_id,
                                                 std::int32_t partition);

}  // namespace ropewalk::support
