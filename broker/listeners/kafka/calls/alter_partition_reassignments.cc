#include <utility>
#include <vector>

#include "broker/listeners/kafka/calls/partitions.h"
#include "broker/listeners/kafka/calls/serve.h"
#include "broker/listeners/kafka/calls/timeout.h"
#include "broker/listeners/kafka/exchange/errors.h"

namespace ropewalk::kafka {
namespace {

service::WantedReplicas read_wanted(const std::string& topic,
                                    const ReassignablePartition& partition) {
  service::WantedReplicas wanted;
  wanted.partition.topic.name = topic;
  wanted.partition.partition = partition.partition_index;
  if (!partition.replicas) return wanted;
  wanted.replicas.emplace();
  for (const std::int32_t id : *partition.replicas) wanted.replicas->push_back(BrokerId(id));
  return wanted;
}

}  // namespace

Task<void> serve(Shared& shared, Exchange exchange, AlterPartitionReassignmentsRequest message) {
  set_timeout(shared, exchange, message.timeout_ms);
  AlterPartitionReassignmentsResponse response;
  response.allow_replication_factor_change = message.allow_replication_factor_change;
  service::AlterReassignmentsRequest request;
  request.may_change_count = message.allow_replication_factor_change;
  PartitionPlaces places;
  for (ReassignableTopic& topic : message.topics) {
    auto& into = response.responses.emplace_back();
    for (const ReassignablePartition& partition : topic.partitions) {
      request.partitions.push_back(read_wanted(topic.name, partition));
      into.partitions.emplace_back().partition_index = partition.partition_index;
      places.add(response.responses.size(), into.partitions.size());
    }
    into.name = std::move(topic.name);
  }
  const auto altered =
      co_await shared.uses.alter_reassignments.handle(exchange.context, std::move(request));
  if (!altered) {
    response.error_code = code_of(altered.error());
    response.error_message = text_of(altered.error());
    response.responses.clear();
    exchange.reply(response, &altered.error());
    co_return;
  }
  FirstError failed;
  for (std::size_t i = 0; i < altered->partitions.size(); i++) {
    const Error& error = altered->partitions[i].error;
    failed.note(error);
    ReassignablePartitionResponse& result = places.in(response.responses, i);
    result.error_code = code_of(error);
    result.error_message = text_of(error);
  }
  exchange.reply(response, failed.get());
}

}  // namespace ropewalk::kafka
