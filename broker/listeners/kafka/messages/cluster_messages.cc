// Reading and writing, compiled.
#include "broker/listeners/kafka/codec/codec_templates.h"
#include "broker/listeners/kafka/messages/api_versions.h"
#include "broker/listeners/kafka/messages/describe_cluster.h"
#include "broker/listeners/kafka/messages/describe_log_dirs.h"
#include "broker/listeners/kafka/messages/find_coordinator.h"
#include "broker/listeners/kafka/messages/init_producer_id.h"
#include "broker/listeners/kafka/messages/unregister_broker.h"

namespace ropewalk::kafka {

RW_KAFKA_CODEC(ApiVersionsRequest);
RW_KAFKA_CODEC(ApiVersionsResponse);
RW_KAFKA_CODEC(DescribeClusterRequest);
RW_KAFKA_CODEC(DescribeClusterResponse);
RW_KAFKA_CODEC(UnregisterBrokerRequest);
RW_KAFKA_CODEC(UnregisterBrokerResponse);
RW_KAFKA_CODEC(DescribeLogDirsRequest);
RW_KAFKA_CODEC(DescribeLogDirsResponse);
RW_KAFKA_CODEC(FindCoordinatorRequest);
RW_KAFKA_CODEC(FindCoordinatorResponse);
RW_KAFKA_CODEC(InitProducerIdRequest);
RW_KAFKA_CODEC(InitProducerIdResponse);

}  // namespace ropewalk::kafka
