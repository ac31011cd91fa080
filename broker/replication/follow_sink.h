// How a partition that follows says what it needs of its leader.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "broker/replication/follower.h"
#include "common/env/time.h"
#include "common/ids.h"

namespace ropewalk::replication {

class Partition;

// What a follower is to be given next. Each is good for one answer (Partition::fetched()).
struct Want {
  // Of all that the partition says; a smaller one that arrives later is void.
  std::uint64_t number = 0;
  LeaderEpoch leader_epoch = kNoLeaderEpoch;
  std::uint64_t generation = 0;                 // Of the log.
  std::optional<FollowerRequest> request = {};  // None: nothing for now, or no more.
  std::optional<Progressed> progress = {};      // None: the logs are not known to agree.
  Offset high_watermark = kNoOffset;            // That the follower knows.
  Offset log_start = kNoOffset;                 // Likewise.
  env::Duration delay = env::Duration::zero();  // Not before that time has passed.
};

// Who asks the leader. Called on its own core, after the partition was left.
class FollowSink {
 public:
  virtual ~FollowSink() = default;
  virtual void wants(const std::shared_ptr<Partition>& partition, Want want) = 0;
  // To be told to the leader at once (D6).
  virtual void progressed(const TopicPartition& id, const Progressed& progress) = 0;
};

// Who talks to the controller for partitions. Called on its own core.
class ControllerSink {
 public:
  virtual ~ControllerSink() = default;
  // A leader wants another in-sync set: answered by Partition::proposal_answered().
  virtual void proposed(const std::shared_ptr<Partition>& partition, InSyncProposal proposal) = 0;
  // The replica takes part in nothing any more (R11, R12).
  virtual void failed(const TopicPartition& id, const Error& why) = 0;
  // Its leader in that epoch has seen all in-sync logs synced whole (D5).
  virtual void all_synced(const TopicPartition& id, LeaderEpoch epoch) = 0;
};

}  // namespace ropewalk::replication
