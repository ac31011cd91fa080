// Reading and writing, compiled.
#include "broker/listeners/kafka/codec/codec_templates.h"
#include "broker/listeners/kafka/messages/create_partitions.h"
#include "broker/listeners/kafka/messages/create_topics.h"
#include "broker/listeners/kafka/messages/delete_topics.h"
#include "broker/listeners/kafka/messages/metadata.h"

namespace ropewalk::kafka {

RW_KAFKA_CODEC(CreatePartitionsRequest);
RW_KAFKA_CODEC(CreatePartitionsResponse);
RW_KAFKA_CODEC(CreateTopicsRequest);
RW_KAFKA_CODEC(CreateTopicsResponse);
RW_KAFKA_CODEC(DeleteTopicsRequest);
RW_KAFKA_CODEC(DeleteTopicsResponse);
RW_KAFKA_CODEC(MetadataRequest);
RW_KAFKA_CODEC(MetadataResponse);

}  // namespace ropewalk::kafka
