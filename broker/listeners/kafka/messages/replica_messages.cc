// Reading and writing, compiled.
#include "broker/listeners/kafka/codec/codec_templates.h"
#include "broker/listeners/kafka/messages/alter_partition_reassignments.h"
#include "broker/listeners/kafka/messages/elect_leaders.h"
#include "broker/listeners/kafka/messages/list_partition_reassignments.h"

namespace ropewalk::kafka {

RW_KAFKA_CODEC(AlterPartitionReassignmentsRequest);
RW_KAFKA_CODEC(AlterPartitionReassignmentsResponse);
RW_KAFKA_CODEC(ElectLeadersRequest);
RW_KAFKA_CODEC(ElectLeadersResponse);
RW_KAFKA_CODEC(ListPartitionReassignmentsRequest);
RW_KAFKA_CODEC(ListPartitionReassignmentsResponse);

}  // namespace ropewalk::kafka
