// What followers and leaders say to each other (proto/ropewalk/internal/replica.proto), as values
// and as bytes. Any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "broker/log/stamped_batch.h"
#include "broker/replication/epoch_end.h"
#include "broker/replication/follower.h"
#include "common/bytes.h"
#include "common/env/network.h"
#include "common/error.h"
#include "common/ids.h"
#include "common/records/batch_header.h"

namespace ropewalk::v1 {
class ResponseHeader;
}

namespace ropewalk::replication {

// How far a follower is, as it says: whose and in which life is known from the connection.
struct ReplicaEnds {
  std::uint64_t generation = 0;
  Offset log_end;
  Offset durable_end;
  bool operator==(const ReplicaEnds&) const = default;
};

struct ReplicaWant {
  TopicPartition id;
  LeaderEpoch leader_epoch = kNoLeaderEpoch;
  FollowerRequest request;
  std::optional<ReplicaEnds> ends = {};
  Offset high_watermark;
  Offset log_start;
  bool operator==(const ReplicaWant&) const = default;
};

struct ReplicaFetch {
  std::uint64_t session = 0;
  std::uint32_t sequence = 0;
  std::chrono::milliseconds wait_max{0};
  std::size_t bytes_max = 0;
  std::vector<ReplicaWant> wants;
  std::vector<TopicPartition> forgotten;
  bool operator==(const ReplicaFetch&) const = default;
};
SharedBytes encode_fetch(const ReplicaFetch& fetch);
// Errors: malformed_frame.
Result<ReplicaFetch> decode_fetch(ByteSpan body);

// What the leader says about one partition, beside its records.
struct ReplicaNews {
  TopicPartition id;
  Error error{Errc::none, {}};
  LeaderEpoch leader_epoch = kNoLeaderEpoch;  // In which it answered.
  Offset high_watermark;
  Offset log_start;
  Offset log_end;
  std::optional<EpochEnd> epoch_end = {};  // That was asked for, or where the logs part.
  std::optional<Offset> begin_at = {};     // The follower is to begin anew there.
};

// Records as they lie in the leader's files.
struct ReplicaRecords {
  std::vector<env::Chunk> chunks;
  std::size_t bytes = 0;
};
struct ReplicaAnswer {
  std::vector<ReplicaNews> news;
  std::vector<ReplicaRecords> records;  // Of the one at the same place.
};
// A whole frame.
std::vector<env::Chunk> write_answer(const v1::ResponseHeader& header, ReplicaAnswer answer);

// One batch of an answer, its checksum checked.
struct ReplicaBatch {
  BatchHeader header;
  log::StampedBatch batch;
};
struct ReceivedNews {
  ReplicaNews news;
  std::vector<ReplicaBatch> batches;

  std::size_t bytes() const;  // Of the batches.
};
// Records that are no whole batches, or whose checksum is wrong, become the error of their
// partition (corrupt_message). Errors of all: malformed_frame.
Result<std::vector<ReceivedNews>> read_answer(const SharedBytes& body);

struct ReplicaProgress {
  TopicPartition id;
  LeaderEpoch leader_epoch = kNoLeaderEpoch;
  ReplicaEnds ends;
  bool operator==(const ReplicaProgress&) const = default;
};
SharedBytes encode_progress(const std::vector<ReplicaProgress>& progress);
// Errors: malformed_frame.
Result<std::vector<ReplicaProgress>> decode_progress(ByteSpan body);

}  // namespace ropewalk::replication
