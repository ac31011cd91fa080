// Use case: read record batches of many partitions, waiting for more if there is too little.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "broker/quota/byte_budget.h"
#include "broker/security/request_context.h"
#include "broker/service/leader_hint.h"
#include "broker/service/service.h"
#include "broker/service/topic_name.h"
#include "common/env/network.h"
#include "common/env/task.h"

namespace ropewalk::service {

enum class IsolationLevel { read_uncommitted, read_committed };

struct FetchPartition {
  TopicRef topic;
  std::int32_t partition = 0;
  Offset fetch_offset;
  std::optional<LeaderEpoch> leader_epoch;  // That the client knows.
  std::size_t bytes_max = 0;                // 0: no bound of its own.
};

struct FetchRequest {
  std::chrono::milliseconds wait_max{0};
  std::size_t bytes_min = 1;
  std::size_t bytes_max = 50 << 20;
  IsolationLevel isolation = IsolationLevel::read_uncommitted;
  std::int32_t session_id = 0;
  std::int32_t session_epoch = -1;
  std::vector<FetchPartition> partitions;  // Served in this order.
};

struct FetchResult {
  Error error{Errc::none, {}};
  Offset high_watermark = kNoOffset;
  Offset last_stable = kNoOffset;
  Offset log_start = kNoOffset;
  LeaderHint current_leader;  // With not_leader_or_follower, fenced_ and unknown_leader_epoch.
  std::vector<env::Chunk> records;  // Whole batches, the first one holds fetch_offset.
  std::size_t records_bytes = 0;
};

struct FetchResponse {
  Error error{Errc::none, {}};          // Of the whole request: fetch_session_id_not_found, ...
  std::int32_t session_id = 0;          // 0: no session. There are none yet.
  std::vector<FetchResult> partitions;  // In the order of the request.
  quota::ByteBudget::Lease memory;  // For records read into memory: keep it until they are sent.
};

class Fetch {
 public:
  explicit Fetch(const Parts& parts) : parts_(parts) {}
  // On a data core, in a task of the connection's group: cancelling it ends the wait.
  Task<FetchResponse> handle(security::RequestContext context, FetchRequest request);

 private:
  const Parts& parts_;
};

}  // namespace ropewalk::service
