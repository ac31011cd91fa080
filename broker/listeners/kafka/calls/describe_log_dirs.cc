#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "broker/listeners/kafka/calls/partitions.h"
#include "broker/listeners/kafka/calls/serve.h"
#include "broker/listeners/kafka/exchange/errors.h"

namespace ropewalk::kafka {
namespace {

// Which replicas are asked for; nothing: all.
using Filter = std::optional<std::map<std::string, std::set<std::int32_t>>>;

Filter filter_of(const DescribeLogDirsRequest& message) {
  if (!message.topics) return std::nullopt;
  Filter filter;
  filter.emplace();
  for (const DescribeLogDirsTopic& topic : *message.topics)
    (*filter)[topic.topic].insert(topic.partitions.begin(), topic.partitions.end());
  return filter;
}

bool is_wanted(const Filter& filter, const service::StoredReplica& replica) {
  if (!filter) return true;
  const auto topic = filter->find(replica.topic);
  return topic != filter->end() && topic->second.contains(replica.partition);
}

std::int64_t number_of(const std::optional<std::uint64_t>& bytes) {
  return bytes ? static_cast<std::int64_t>(*bytes) : -1;
}

LogDir write_directory(service::LogDirDescription& directory, const Filter& filter) {
  LogDir into;
  into.error_code = code_of(directory.error);
  into.log_dir = std::move(directory.path);
  into.total_bytes = number_of(directory.total_bytes);
  into.usable_bytes = number_of(directory.usable_bytes);
  for (const service::StoredReplica& replica : directory.replicas) {
    if (!is_wanted(filter, replica)) continue;
    if (into.topics.empty() || into.topics.back().name != replica.topic)
      into.topics.push_back({.name = replica.topic, .partitions = {}});
    into.topics.back().partitions.push_back(
        {.partition_index = replica.partition,
         .partition_size = static_cast<std::int64_t>(replica.bytes)});
  }
  return into;
}

}  // namespace

Task<void> serve(Shared& shared, Exchange exchange, DescribeLogDirsRequest message) {
  const Filter filter = filter_of(message);
  auto described = co_await shared.uses.describe_log_dirs.handle(exchange.context);
  DescribeLogDirsResponse response;
  if (!described) {
    response.error_code = code_of(described.error());
    exchange.reply(response, &described.error());
    co_return;
  }
  FirstError failed;
  for (service::LogDirDescription& directory : *described) {
    failed.note(directory.error);
    response.results.push_back(write_directory(directory, filter));
  }
  exchange.reply(response, failed.get());
}

}  // namespace ropewalk::kafka
