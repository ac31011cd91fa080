// Use case: which partitions get other replicas at the moment.
#pragma once

#include <optional>
#include <vector>

#include "broker/metadata/records.h"
#include "broker/security/request_context.h"
#include "broker/service/partition_refs.h"
#include "broker/service/service.h"
#include "common/error.h"

namespace ropewalk::service {

struct RunningReassignment {
  TopicRef topic;
  metadata::Partition partition;  // As the image has it; something is added or removed.
};

struct ListReassignmentsResponse {
  std::vector<RunningReassignment> partitions;  // By topic name and index.
  Offset metadata_offset;                       // What this is as of.
};

class ListReassignments {
 public:
  explicit ListReassignments(const Parts& parts) : parts_(parts) {}

  // Of those asked for, or of all. What is not there is not listed. On any
  // data core. Errors: cluster_authorization_failed.
  Result<ListReassignmentsResponse> handle(
      const security::RequestContext& context,
      const std::optional<std::vector<PartitionRef>>& only) const;

 private:
  const Parts& parts_;
};

}  // namespace ropewalk::service
