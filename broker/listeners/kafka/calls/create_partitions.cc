#include <set>
#include <string>
#include <utility>
#include <vector>

#include "broker/listeners/kafka/calls/partitions.h"
#include "broker/listeners/kafka/calls/serve.h"
#include "broker/listeners/kafka/calls/timeout.h"
#include "broker/listeners/kafka/exchange/errors.h"

namespace ropewalk::kafka {
namespace {

service::MorePartitions read_topic(const CreatePartitionsTopic& topic) {
  service::MorePartitions more;
  more.topic.name = topic.name;
  more.total = topic.count;
  if (!topic.assignments) return more;
  more.assignments.emplace();
  for (const CreatePartitionsAssignment& assignment : *topic.assignments) {
    auto& replicas = more.assignments->emplace_back();
    for (const std::int32_t broker : assignment.broker_ids) replicas.push_back(BrokerId(broker));
  }
  return more;
}

}  // namespace

Task<void> serve(Shared& shared, Exchange exchange, CreatePartitionsRequest message) {
  set_timeout(shared, exchange, message.timeout_ms);
  std::vector<service::MorePartitions> request;
  for (const CreatePartitionsTopic& topic : message.topics) request.push_back(read_topic(topic));
  const auto outcomes = co_await shared.uses.create_partitions.handle(
      exchange.context, std::move(request), message.validate_only);
  CreatePartitionsResponse response;
  FirstError failed;
  std::set<std::string> told;  // Of a topic that stands there twice they hear once.
  for (std::size_t i = 0; i < outcomes.size(); i++) {
    if (!told.insert(message.topics[i].name).second) continue;
    CreatePartitionsResult& result = response.results.emplace_back();
    result.name = std::move(message.topics[i].name);
    if (outcomes[i]) continue;
    failed.note(outcomes[i].error());
    result.error_code = code_of(outcomes[i].error());
    result.error_message = text_of(outcomes[i].error());
  }
  exchange.reply(response, failed.get());
}

}  // namespace ropewalk::kafka
