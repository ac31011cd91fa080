// Use case: where the records of a leader epoch end, for readers that want to know whether what
// they read is still in the log (KIP-320).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "broker/security/request_context.h"
#include "broker/service/leader_hint.h"
#include "broker/service/service.h"
#include "broker/service/topic_name.h"
#include "common/env/task.h"
#include "common/error.h"

namespace ropewalk::service {

struct EpochEndPartition {
  TopicRef topic;
  std::int32_t partition = 0;
  std::optional<LeaderEpoch> leader_epoch;  // That the client knows.
  LeaderEpoch epoch;                        // Whose end is asked for.
};

struct FoundEpochEnd {
  Error error{Errc::none, {}};
  // The greatest epoch that is not above the one asked for, and one past its last record. None and
  // none: the one asked for is newer than any that this leader knows.
  LeaderEpoch epoch = kNoLeaderEpoch;
  Offset end = kNoOffset;
  LeaderHint current_leader;  // With not_leader_or_follower, fenced_ and unknown_leader_epoch.
};

class EpochEnds {
 public:
  explicit EpochEnds(const Parts& parts) : parts_(parts) {}
  // On a data core; answers in the order of the request. Errors by partition:
  // unknown_topic_or_partition, unknown_topic_id, not_leader_or_follower, leader_not_available,
  // fenced_leader_epoch, unknown_leader_epoch, kafka_storage_error, topic_authorization_failed.
  Task<std::vector<FoundEpochEnd>> handle(security::RequestContext context,
                                          std::vector<EpochEndPartition> request);

 private:
  const Parts& parts_;
};

}  // namespace ropewalk::service
