// The calls that take time, one coroutine each, in a file of its own. Each runs in the group of its
// connection and fills the place of its reply, whatever happens; `shared` outlives the group.
#pragma once

#include "broker/listeners/kafka/exchange/exchange.h"
#include "broker/listeners/kafka/exchange/shared.h"
#include "broker/listeners/kafka/messages/alter_configs.h"
#include "broker/listeners/kafka/messages/alter_partition_reassignments.h"
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
#include "broker/listeners/kafka/messages/unregister_broker.h"
#include "common/env/task.h"

namespace ropewalk::kafka {

Task<void> serve(Shared& shared, Exchange exchange, MetadataRequest message);
Task<void> serve(Shared& shared, Exchange exchange, FetchRequest message);
Task<void> serve(Shared& shared, Exchange exchange, ListOffsetsRequest message);
Task<void> serve(Shared& shared, Exchange exchange, InitProducerIdRequest message);
Task<void> serve(Shared& shared, Exchange exchange, FindCoordinatorRequest message);
Task<void> serve(Shared& shared, Exchange exchange, OffsetForLeaderEpochRequest message);

Task<void> serve(Shared& shared, Exchange exchange, CreateTopicsRequest message);
Task<void> serve(Shared& shared, Exchange exchange, DeleteTopicsRequest message);
Task<void> serve(Shared& shared, Exchange exchange, CreatePartitionsRequest message);
Task<void> serve(Shared& shared, Exchange exchange, DeleteRecordsRequest message);
Task<void> serve(Shared& shared, Exchange exchange, DescribeConfigsRequest message);
Task<void> serve(Shared& shared, Exchange exchange, AlterConfigsRequest message);
Task<void> serve(Shared& shared, Exchange exchange, IncrementalAlterConfigsRequest message);
Task<void> serve(Shared& shared, Exchange exchange, DescribeLogDirsRequest message);
Task<void> serve(Shared& shared, Exchange exchange, DescribeClusterRequest message);
Task<void> serve(Shared& shared, Exchange exchange, ElectLeadersRequest message);
Task<void> serve(Shared& shared, Exchange exchange, AlterPartitionReassignmentsRequest message);
Task<void> serve(Shared& shared, Exchange exchange, ListPartitionReassignmentsRequest message);
Task<void> serve(Shared& shared, Exchange exchange, UnregisterBrokerRequest message);

}  // namespace ropewalk::kafka
