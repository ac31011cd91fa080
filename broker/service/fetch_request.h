// What a fetch asks for and what it is answered, as Fetch and its sessions exchange it with
// listeners.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "broker/quota/byte_budget.h"
#include "broker/replication/epoch_end.h"
#include "broker/service/leader_hint.h"
#include "broker/service/topic_name.h"
#include "common/env/network.h"
#include "common/error.h"
#include "common/ids.h"

namespace ropewalk::service {

enum class IsolationLevel { read_uncommitted, read_committed };

struct FetchPartition {
  TopicRef topic;
  std::int32_t partition = 0;
  Offset fetch_offset;
  std::optional<LeaderEpoch> leader_epoch;  // That the client knows.
  // Of the record before fetch_offset, as the client read it: an answer says if that one is not in
  // the log any more.
  std::optional<LeaderEpoch> last_epoch = {};
  std::size_t bytes_max = 0;  // 0: no bound of its own.
  bool again = false;         // What came from there on before could not be used.
};

struct ForgottenPartition {
  TopicRef topic;
  std::int32_t partition = 0;
};

struct FetchRequest {
  std::chrono::milliseconds wait_max{0};
  std::size_t bytes_min = 1;
  std::size_t bytes_max = 50 << 20;
  IsolationLevel isolation = IsolationLevel::read_uncommitted;
  // A reader that may not know zstd gets nothing of topics whose compression.type it is.
  bool takes_zstd = true;
  // -1: without a session; 0: a new one is wanted; n: goes on with the session of that id. The
  // first two end the session whose id is given.
  std::int32_t session_epoch = -1;
  std::int32_t session_id = 0;
  // Served in this order. Going on with a session: those that are new or changed.
  std::vector<FetchPartition> partitions;
  std::vector<ForgottenPartition> forgotten;  // That leave the session.
};

struct FetchResult {
  TopicRef topic;  // As the request named it, now or when the session took it up.
  std::int32_t partition = 0;
  Error error{Errc::none, {}};
  Offset high_watermark = kNoOffset;
  Offset last_stable = kNoOffset;
  Offset log_start = kNoOffset;
  // What the client read from that end on is not in the log any more; there are no records then.
  std::optional<replication::EpochEnd> diverging;
  LeaderHint current_leader;  // With not_leader_or_follower, fenced_ and unknown_leader_epoch.
  std::vector<env::Chunk> records;  // Whole batches, the first one holds fetch_offset.
  std::size_t records_bytes = 0;
};

struct FetchResponse {
  Error error{Errc::none, {}};  // Of the whole request: fetch_session_id_not_found, ...
  std::int32_t session_id = 0;  // 0: no session, or none any more.
  // In the order in which they were served. Going on with a session: those with news only.
  std::vector<FetchResult> partitions;
  quota::ByteBudget::Lease memory;  // For records read into memory: keep it until they are sent.
};

}  // namespace ropewalk::service
