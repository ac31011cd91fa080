// Use case: where partitions begin and end, and what lies at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "broker/security/request_context.h"
#include "broker/service/leader_hint.h"
#include "broker/service/service.h"
#include "broker/service/topic_name.h"
#include "common/env/task.h"

namespace ropewalk::service {

enum class OffsetQuery { latest, earliest, by_timestamp, max_timestamp };

struct ListOffsetsPartition {
  TopicRef topic;
  std::int32_t partition = 0;
  std::optional<LeaderEpoch> leader_epoch;  // That the client knows.
  OffsetQuery query = OffsetQuery::latest;
  std::int64_t timestamp_ms = -1;
};

struct ListedOffset {
  Error error{Errc::none, {}};
  Offset offset = kNoOffset;
  std::int64_t timestamp_ms = -1;
  LeaderEpoch leader_epoch = kNoLeaderEpoch;
  LeaderHint current_leader;  // With not_leader_or_follower, fenced_ and unknown_leader_epoch.
};

class ListOffsets {
 public:
  explicit ListOffsets(const Parts& parts) : parts_(parts) {}
  // On a data core; answers in the order of the request. Errors by partition:
  // unknown_topic_or_partition, unknown_topic_id, not_leader_or_follower, fenced_leader_epoch,
  // unknown_leader_epoch, kafka_storage_error, corrupt, topic_authorization_failed. No record of
  // that time: kNoOffset without an error.
  Task<std::vector<ListedOffset>> handle(security::RequestContext context,
                                         std::vector<ListOffsetsPartition> request);

 private:
  const Parts& parts_;
};

}  // namespace ropewalk::service
