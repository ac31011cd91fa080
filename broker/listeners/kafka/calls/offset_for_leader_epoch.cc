#include <utility>
#include <vector>

#include "broker/listeners/kafka/calls/partitions.h"
#include "broker/listeners/kafka/calls/serve.h"
#include "broker/listeners/kafka/exchange/errors.h"

namespace ropewalk::kafka {

Task<void> serve(Shared& shared, Exchange exchange, OffsetForLeaderEpochRequest message) {
  OffsetForLeaderEpochResponse response;
  PartitionPlaces places;
  std::vector<service::EpochEndPartition> asked;
  for (OffsetForLeaderTopic& topic : message.topics) {
    auto& into = response.topics.emplace_back();
    for (const OffsetForLeaderPartition& partition : topic.partitions) {
      into.partitions.emplace_back().partition = partition.partition;
      places.add(response.topics.size(), into.partitions.size());
      asked.push_back({.topic = {.name = topic.topic, .id = {}},
                       .partition = partition.partition,
                       .leader_epoch = epoch_of(partition.current_leader_epoch),
                       .epoch = LeaderEpoch(partition.leader_epoch)});
    }
    into.topic = std::move(topic.topic);
  }
  const auto found = co_await shared.uses.epoch_ends.handle(exchange.context, std::move(asked));
  FirstError failed;
  for (std::size_t i = 0; i < found.size(); i++) {
    OffsetForLeaderPartitionResponse& into = places.in(response.topics, i);
    failed.note(found[i].error);
    into.error_code = code_of(found[i].error);
    into.leader_epoch = found[i].epoch.value();
    into.end_offset = found[i].end.value();
  }
  exchange.reply(response, failed.get());
}

}  // namespace ropewalk::kafka
