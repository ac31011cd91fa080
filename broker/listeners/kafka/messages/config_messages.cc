// Reading and writing, compiled.
#include "broker/listeners/kafka/codec/codec_templates.h"
#include "broker/listeners/kafka/messages/alter_configs.h"
#include "broker/listeners/kafka/messages/describe_configs.h"
#include "broker/listeners/kafka/messages/incremental_alter_configs.h"

namespace ropewalk::kafka {

RW_KAFKA_CODEC(AlterConfigsRequest);
RW_KAFKA_CODEC(AlterConfigsResponse);
RW_KAFKA_CODEC(DescribeConfigsRequest);
RW_KAFKA_CODEC(DescribeConfigsResponse);
RW_KAFKA_CODEC(IncrementalAlterConfigsRequest);
RW_KAFKA_CODEC(IncrementalAlterConfigsResponse);

}  // namespace ropewalk::kafka
