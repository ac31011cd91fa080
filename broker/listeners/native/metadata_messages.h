// Metadata and DescribeCluster, between messages and the service's structs. Pure.
#pragma once

#include "broker/service/cluster_status.h"
#include "broker/service/metadata.h"
#include "common/error.h"
#include "ropewalk/v1/cluster.pb.h"
#include "ropewalk/v1/metadata.pb.h"

namespace ropewalk::native {

// Errors: invalid_request (all topics and some, an id that has not 16 bytes).
Result<service::MetadataRequest> read_metadata(const v1::MetadataRequest& message);
v1::MetadataResponse write_metadata(const service::MetadataResponse& response);

v1::DescribeClusterResponse write_cluster(const service::ClusterStatus& status);

}  // namespace ropewalk::native
