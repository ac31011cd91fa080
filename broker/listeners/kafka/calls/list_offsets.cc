#include <utility>
#include <vector>

#include "broker/listeners/kafka/calls/partitions.h"
#include "broker/listeners/kafka/calls/serve.h"
#include "broker/listeners/kafka/exchange/errors.h"

namespace ropewalk::kafka {
namespace {

constexpr std::int64_t kLatest = -1;
constexpr std::int64_t kEarliest = -2;
constexpr std::int64_t kMaxTimestamp = -3;
constexpr std::int16_t kFirstWithMaxTimestamp = 7;
constexpr std::int16_t kFirstWithOffsetNotAvailable = 5;

struct Query {
  service::OffsetQuery query = service::OffsetQuery::latest;
  std::int64_t timestamp_ms = -1;
};

Result<Query> query_of(std::int64_t timestamp, std::int16_t version) {
  if (timestamp >= 0) return Query{service::OffsetQuery::by_timestamp, timestamp};
  if (timestamp == kLatest) return Query{service::OffsetQuery::latest};
  if (timestamp == kEarliest) return Query{service::OffsetQuery::earliest};
  if (timestamp == kMaxTimestamp && version >= kFirstWithMaxTimestamp)
    return Query{service::OffsetQuery::max_timestamp};
  return fail(Errc::unsupported_version, "timestamp {} in ListOffsets version {}", timestamp,
              version);
}

// Older clients do not know that a new leader may not know the end yet.
std::int16_t code_for(const Error& error, std::int16_t version) {
  if (error.code == Errc::offset_not_available && version < kFirstWithOffsetNotAvailable)
    return code_of({Errc::leader_not_available, error.context});
  return code_of(error);
}

}  // namespace

Task<void> serve(Shared& shared, Exchange exchange, ListOffsetsRequest message) {
  ListOffsetsResponse response;
  FirstError failed;
  std::vector<service::ListOffsetsPartition> asked;
  PartitionPlaces places;
  for (const ListOffsetsTopic& topic : message.topics) {
    auto& into = response.topics.emplace_back();
    into.name = topic.name;
    for (const ListOffsetsPartition& partition : topic.partitions) {
      auto& result = into.partitions.emplace_back();
      result.partition_index = partition.partition_index;
      const auto query = query_of(partition.timestamp, exchange.version);
      if (!query) {
        result.error_code = code_of(query.error());
        failed.note(query.error());
        continue;
      }
      places.add(response.topics.size(), into.partitions.size());
      asked.push_back({.topic = {.name = topic.name, .id = {}},
                       .partition = partition.partition_index,
                       .leader_epoch = epoch_of(partition.current_leader_epoch),
                       .query = query->query,
                       .timestamp_ms = query->timestamp_ms});
    }
  }
  const auto listed = co_await shared.uses.list_offsets.handle(exchange.context, std::move(asked));
  for (std::size_t i = 0; i < listed.size(); i++) {
    ListOffsetsPartitionResponse& into = places.in(response.topics, i);
    failed.note(listed[i].error);
    into.error_code = code_for(listed[i].error, exchange.version);
    into.offset = listed[i].offset.value();
    into.timestamp = listed[i].timestamp_ms;
    into.leader_epoch = listed[i].leader_epoch.value();
  }
  exchange.reply(response, failed.get());
}

}  // namespace ropewalk::kafka
