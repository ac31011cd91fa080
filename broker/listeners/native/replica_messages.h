// Elections, moves of replicas and drains, between messages and the service's structs. Pure.
#pragma once

#include <vector>

#include "broker/service/alter_reassignments.h"
#include "broker/service/describe_replicas.h"
#include "broker/service/elect_leaders.h"
#include "broker/service/list_reassignments.h"
#include "broker/service/plan_drain.h"
#include "common/error.h"
#include "ropewalk/v1/replicas.pb.h"

namespace ropewalk::native {

// All errors: invalid_request.
Result<service::ElectLeadersRequest> read_elect_leaders(const v1::ElectLeadersRequest& message);
v1::ElectLeadersResponse write_elections(const std::vector<service::PartitionElection>& elections);

Result<service::AlterReassignmentsRequest> read_alter_reassignments(
    const v1::AlterReassignmentsRequest& message);
v1::AlterReassignmentsResponse write_altered(
    const std::vector<service::AlteredReassignment>& altered);

v1::ListReassignmentsResponse write_reassignments(
    const std::vector<service::RunningReassignment>& running);

Result<std::vector<service::DescribeReplicasPartition>> read_describe_replicas(
    const v1::DescribeReplicasRequest& message);
v1::DescribeReplicasResponse write_replicas(const v1::DescribeReplicasRequest& request,
                                            const std::vector<service::PartitionReplicas>& told);

v1::PlanDrainResponse write_plan(const service::DrainPlan& plan);

}  // namespace ropewalk::native
