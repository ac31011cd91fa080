// Reading and writing, compiled.
#include "broker/listeners/kafka/codec/codec_templates.h"
#include "broker/listeners/kafka/messages/delete_records.h"
#include "broker/listeners/kafka/messages/fetch.h"
#include "broker/listeners/kafka/messages/list_offsets.h"
#include "broker/listeners/kafka/messages/offset_for_leader_epoch.h"
#include "broker/listeners/kafka/messages/produce.h"

namespace ropewalk::kafka {

RW_KAFKA_CODEC(DeleteRecordsRequest);
RW_KAFKA_CODEC(DeleteRecordsResponse);
RW_KAFKA_CODEC(FetchRequest);
RW_KAFKA_CODEC(FetchResponse);
RW_KAFKA_CODEC(ListOffsetsRequest);
RW_KAFKA_CODEC(ListOffsetsResponse);
RW_KAFKA_CODEC(OffsetForLeaderEpochRequest);
RW_KAFKA_CODEC(OffsetForLeaderEpochResponse);
RW_KAFKA_CODEC(ProduceRequest);
RW_KAFKA_CODEC(ProduceResponse);

}  // namespace ropewalk::kafka
