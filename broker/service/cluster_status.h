// Use case: how the cluster is, for people and their monitors.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "broker/security/request_context.h"
#include "broker/service/metadata.h"
#include "broker/service/service.h"

namespace ropewalk::service {

struct ClusterStatus {
  Error error{Errc::none, {}};
  ClusterId cluster_id;
  BrokerId controller = kNoBroker;
  BrokerId answered_by = kNoBroker;
  std::int32_t feature_level = 0;
  Offset metadata_offset;
  std::vector<BrokerMetadata> brokers;
  std::int32_t topics = 0;
  std::int32_t partitions = 0;
  std::int32_t without_leader = 0;     // Unavailable now.
  std::int32_t under_replicated = 0;   // In-sync set smaller than the assignment.
  std::int32_t under_min_in_sync = 0;  // acks=all is refused.
};

class DescribeCluster {
 public:
  explicit DescribeCluster(const Parts& parts) : parts_(parts) {}
  // On any data core. Errors: cluster_authorization_failed.
  ClusterStatus handle(const security::RequestContext& context) const;

 private:
  const Parts& parts_;
};

}  // namespace ropewalk::service
