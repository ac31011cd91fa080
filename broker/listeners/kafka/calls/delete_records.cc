#include <utility>
#include <vector>

#include "broker/listeners/kafka/calls/partitions.h"
#include "broker/listeners/kafka/calls/serve.h"
#include "broker/listeners/kafka/calls/timeout.h"
#include "broker/listeners/kafka/exchange/errors.h"

namespace ropewalk::kafka {

Task<void> serve(Shared& shared, Exchange exchange, DeleteRecordsRequest message) {
  set_timeout(shared, exchange, message.timeout_ms);
  DeleteRecordsResponse response;
  PartitionPlaces places;
  std::vector<service::DeleteRecordsPartition> asked;
  for (DeleteRecordsTopic& topic : message.topics) {
    auto& into = response.topics.emplace_back();
    for (const DeleteRecordsPartition& partition : topic.partitions) {
      into.partitions.push_back(
          {.partition_index = partition.partition_index, .low_watermark = kNoOffset.value()});
      places.add(response.topics.size(), into.partitions.size());
      service::DeleteRecordsPartition& wanted = asked.emplace_back();
      wanted.topic.name = topic.name;
      wanted.partition = partition.partition_index;
      wanted.before = Offset(partition.offset);
    }
    into.name = std::move(topic.name);
  }
  const auto deleted =
      co_await shared.uses.delete_records.handle(exchange.context, std::move(asked));
  FirstError failed;
  for (std::size_t i = 0; i < deleted.size(); i++) {
    DeleteRecordsPartitionResult& result = places.in(response.topics, i);
    failed.note(deleted[i].error);
    result.error_code = code_of(deleted[i].error);
    result.low_watermark = deleted[i].log_start.value();
  }
  exchange.reply(response, failed.get());
}

}  // namespace ropewalk::kafka
