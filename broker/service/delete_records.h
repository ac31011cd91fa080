// Use case: let the oldest records of partitions go.
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

struct DeleteRecordsPartition {
  TopicRef topic;
  std::int32_t partition = 0;
  std::optional<LeaderEpoch> leader_epoch;  // That the client knows.
  Offset before{-1};                        // -1: everything that is committed.
};

struct DeletedRecords {
  Error error{Errc::none, {}};
  Offset log_start = kNoOffset;
  LeaderHint current_leader;
};

class DeleteRecords {
 public:
  explicit DeleteRecords(const Parts& parts) : parts_(parts) {}

  // Answers in the order of the request, once that is durable. Errors, by partition:
  // unknown_topic_id, unknown_topic_or_partition, invalid_topic, topic_authorization_failed,
  // offset_out_of_range, request_timed_out (it may come to pass nevertheless), those of
  // find_leader(), check_lease() and Partition::delete_before().
  Task<std::vector<DeletedRecords>> handle(security::RequestContext context,
                                           std::vector<DeleteRecordsPartition> request);

 private:
  const Parts& parts_;
};

}  // namespace ropewalk::service
