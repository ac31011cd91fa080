// The requests that take time, one coroutine an api. Each runs in the group of its connection and
// answers its call, whatever happens; `shared` outlives the group.
#pragma once

#include "broker/listeners/native/call.h"
#include "broker/listeners/native/shared.h"
#include "common/env/task.h"
#include "ropewalk/v1/cluster.pb.h"
#include "ropewalk/v1/features.pb.h"
#include "ropewalk/v1/fetch.pb.h"
#include "ropewalk/v1/metadata.pb.h"
#include "ropewalk/v1/offsets.pb.h"
#include "ropewalk/v1/producer_id.pb.h"
#include "ropewalk/v1/records.pb.h"
#include "ropewalk/v1/replicas.pb.h"
#include "ropewalk/v1/topics.pb.h"
#include "ropewalk/v1/voters.pb.h"

namespace ropewalk::native {

Task<void> serve(Shared& shared, Call call, v1::MetadataRequest message);
Task<void> serve(Shared& shared, Call call, v1::DescribeClusterRequest message);
Task<void> serve(Shared& shared, Call call, v1::CreateTopicRequest message);
Task<void> serve(Shared& shared, Call call, v1::DeleteTopicRequest message);
Task<void> serve(Shared& shared, Call call, v1::DescribeTopicsRequest message);
Task<void> serve(Shared& shared, Call call, v1::SetTopicConfigRequest message);
Task<void> serve(Shared& shared, Call call, v1::InitProducerIdRequest message);
Task<void> serve(Shared& shared, Call call, v1::FetchRequest message);
Task<void> serve(Shared& shared, Call call, v1::ListOffsetsRequest message);
Task<void> serve(Shared& shared, Call call, v1::DeleteRecordsRequest message);
Task<void> serve(Shared& shared, Call call, v1::ElectLeadersRequest message);
Task<void> serve(Shared& shared, Call call, v1::AlterReassignmentsRequest message);
Task<void> serve(Shared& shared, Call call, v1::ListReassignmentsRequest message);
Task<void> serve(Shared& shared, Call call, v1::DescribeReplicasRequest message);
Task<void> serve(Shared& shared, Call call, v1::PlanDrainRequest message);
Task<void> serve(Shared& shared, Call call, v1::UnregisterBrokerRequest message);
Task<void> serve(Shared& shared, Call call, v1::SetDrainedRequest message);
Task<void> serve(Shared& shared, Call call, v1::DescribeVotersRequest message);
Task<void> serve(Shared& shared, Call call, v1::ChangeVotersRequest message);
Task<void> serve(Shared& shared, Call call, v1::DescribeFeaturesRequest message);
Task<void> serve(Shared& shared, Call call, v1::UpdateFeatureRequest message);

}  // namespace ropewalk::native
