#include "broker/listeners/native/produce_messages.h"

#include <utility>

#include "broker/listeners/native/common_messages.h"
#include "common/wire/records_last.h"

namespace ropewalk::native {
namespace {

Result<std::int16_t> kafka_acks(v1::Acks acks) {
  switch (acks) {
    case v1::ACKS_ALL:
      return std::int16_t{-1};
    case v1::ACKS_LEADER:
      return std::int16_t{1};
    case v1::ACKS_NONE:
      return std::int16_t{0};
    default:
      return fail(Errc::invalid_required_acks, "acks {}", static_cast<int>(acks));
  }
}

}  // namespace

Result<ProduceMessage> read_produce(const SharedBytes& body) {
  TRY(auto sliced,
      (wire::slice_body<v1::ProduceRequest, v1::ProducePartition>(body, kProducePartitionsMax)));
  ProduceMessage message;
  TRY(message.request.acks, kafka_acks(sliced.fields.acks()));
  message.timeout_ms = sliced.fields.timeout_ms();
  message.request.transactional_id = sliced.fields.transactional_id();
  message.request.partitions.reserve(sliced.parts.size());
  for (auto& part : sliced.parts) {
    service::ProducePartition partition;
    TRY(partition.topic, topic_of_id(part.fields.topic_id()));
    partition.partition = part.fields.partition();
    if (part.fields.has_leader_epoch()) {
      partition.leader_epoch = LeaderEpoch(part.fields.leader_epoch());
    }
    partition.records = std::move(part.records);
    message.request.partitions.push_back(std::move(partition));
  }
  TRY_VOID(check_each_once(message.request.partitions));
  return message;
}

std::vector<ProducedPartition> produced_partitions(const service::ProduceRequest& request) {
  std::vector<ProducedPartition> partitions;
  partitions.reserve(request.partitions.size());
  for (const auto& partition : request.partitions) {
    partitions.push_back({partition.topic.id, partition.partition});
  }
  return partitions;
}

v1::ProduceResponse write_produce(const std::vector<ProducedPartition>& partitions,
                                  const service::ProduceResponse& response) {
  ENSURE(partitions.size() == response.size(), "{} answers to {} partitions", response.size(),
         partitions.size());
  v1::ProduceResponse message;
  message.mutable_partitions()->Reserve(static_cast<int>(response.size()));
  for (std::size_t i = 0; i < response.size(); i++) {
    const service::ProduceResult& result = response[i];
    v1::ProducePartitionResult& into = *message.add_partitions();
    into.set_topic_id(partitions[i].topic.to_bytes());
    into.set_partition(partitions[i].partition);
    set_error_of(into, result.error);
    into.set_base_offset(result.base_offset.value());
    if (result.log_append_time_ms >= 0) into.set_log_append_time_ms(result.log_append_time_ms);
    into.set_log_start_offset(result.log_start.value());
    for (const auto& fault : result.record_faults) {
      v1::RecordError& record = *into.add_record_errors();
      record.set_index(fault.index);
      record.set_message(fault.message);
    }
    set_hint_of(into, result.current_leader);
  }
  return message;
}

}  // namespace ropewalk::native
