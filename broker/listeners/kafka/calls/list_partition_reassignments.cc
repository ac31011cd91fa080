#include <utility>
#include <vector>

#include "broker/listeners/kafka/calls/serve.h"
#include "broker/listeners/kafka/exchange/errors.h"

namespace ropewalk::kafka {
namespace {

std::vector<std::int32_t> numbers_of(const std::vector<BrokerId>& brokers) {
  std::vector<std::int32_t> numbers;
  for (const BrokerId id : brokers) numbers.push_back(id.value());
  return numbers;
}

std::optional<std::vector<service::PartitionRef>> read_wanted(
    const ListPartitionReassignmentsRequest& message) {
  if (!message.topics) return std::nullopt;
  std::vector<service::PartitionRef> wanted;
  for (const ListPartitionReassignmentsTopic& topic : *message.topics)
    for (const std::int32_t partition : topic.partition_indexes)
      wanted.push_back({.topic = {.name = topic.name, .id = {}}, .partition = partition});
  return wanted;
}

}  // namespace

Task<void> serve(Shared& shared, Exchange exchange, ListPartitionReassignmentsRequest message) {
  ListPartitionReassignmentsResponse response;
  const auto running =
      shared.uses.list_reassignments.handle(exchange.context, read_wanted(message));
  if (!running) {
    response.error_code = code_of(running.error());
    response.error_message = text_of(running.error());
    exchange.reply(response, &running.error());
    co_return;
  }
  for (const auto& [topic, partition] : running->partitions) {
    if (response.topics.empty() || response.topics.back().name != topic.name)
      response.topics.push_back({.name = topic.name, .partitions = {}});
    response.topics.back().partitions.push_back(
        {.partition_index = partition.index.value(),
         .replicas = numbers_of(partition.replicas),
         .adding_replicas = numbers_of(partition.adding),
         .removing_replicas = numbers_of(partition.removing)});
  }
  exchange.reply(response);
}

}  // namespace ropewalk::kafka
