// Every message of every call, for what goes over all of them.
#pragma once

#include <iterator>
#include <tuple>

#include "broker/listeners/kafka/codec/codec.h"
#include "broker/listeners/kafka/messages/alter_configs.h"
#include "broker/listeners/kafka/messages/alter_partition_reassignments.h"
#include "broker/listeners/kafka/messages/api_versions.h"
#include "broker/listeners/kafka/messages/create_partitions.h"
#include "broker/listeners/kafka/messages/create_topics.h"
#include "broker/listeners/kafka/messages/delete_records.h"
#include "broker/listeners/kafka/messages/delete_topics.h"
#include "broker/listeners/kafka/messages/describe_cluster.h"
#include "broker/listeners/kafka/messages/describe_configs.h"
#include "broker/listeners/kafka/messages/describe_log_dirs.h"
#include "broker/listeners/kafka/messages/elect_leaders.h"
#include "broker/listeners/kafka/messages/fetch.h"
#include "broker/listeners/kafka/messages/find_coordinator.h"
#include "broker/listeners/kafka/messages/incremental_alter_configs.h"
#include "broker/listeners/kafka/messages/init_producer_id.h"
#include "broker/listeners/kafka/messages/list_offsets.h"
#include "broker/listeners/kafka/messages/list_partition_reassignments.h"
#include "broker/listeners/kafka/messages/metadata.h"
#include "broker/listeners/kafka/messages/offset_for_leader_epoch.h"
#include "broker/listeners/kafka/messages/produce.h"
#include "broker/listeners/kafka/messages/unregister_broker.h"

namespace ropewalk::kafka {

template <Message RequestOfCall, Message ResponseOfCall>
struct Call {
  using Request = RequestOfCall;
  using Response = ResponseOfCall;
  static_assert(&Request::kApi == &Response::kApi);
  static_assert(Request::kIsRequest && !Response::kIsRequest);
};

// In the order of kApis.
using Calls = std::tuple<
    Call<ProduceRequest, ProduceResponse>, Call<FetchRequest, FetchResponse>,
    Call<ListOffsetsRequest, ListOffsetsResponse>, Call<MetadataRequest, MetadataResponse>,
    Call<FindCoordinatorRequest, FindCoordinatorResponse>,
    Call<ApiVersionsRequest, ApiVersionsResponse>, Call<CreateTopicsRequest, CreateTopicsResponse>,
    Call<DeleteTopicsRequest, DeleteTopicsResponse>,
    Call<DeleteRecordsRequest, DeleteRecordsResponse>,
    Call<InitProducerIdRequest, InitProducerIdResponse>,
    Call<OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse>,
    Call<DescribeConfigsRequest, DescribeConfigsResponse>,
    Call<AlterConfigsRequest, AlterConfigsResponse>,
    Call<DescribeLogDirsRequest, DescribeLogDirsResponse>,
    Call<CreatePartitionsRequest, CreatePartitionsResponse>,
    Call<ElectLeadersRequest, ElectLeadersResponse>,
    Call<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse>,
    Call<AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse>,
    Call<ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse>,
    Call<DescribeClusterRequest, DescribeClusterResponse>,
    Call<UnregisterBrokerRequest, UnregisterBrokerResponse>>;
static_assert(std::tuple_size_v<Calls> == std::size(kApis));

// Calls `of.template operator()<C>()` with the Call of each.
template <class Each>
void for_each_call(Each of) {
  const auto all = [&]<class... C>(std::tuple<C...>*) { (of.template operator()<C>(), ...); };
  all(static_cast<Calls*>(nullptr));
}

}  // namespace ropewalk::kafka
