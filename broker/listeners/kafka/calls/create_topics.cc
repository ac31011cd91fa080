#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "broker/listeners/kafka/calls/config_words.h"
#include "broker/listeners/kafka/calls/partitions.h"
#include "broker/listeners/kafka/calls/serve.h"
#include "broker/listeners/kafka/calls/timeout.h"
#include "broker/listeners/kafka/exchange/errors.h"

namespace ropewalk::kafka {
namespace {

constexpr std::int32_t kByDefault = -1;

// Errors: invalid_config (a setting without a value).
Result<service::CreateTopicRequest> read_topic(CreatableTopic& topic) {
  service::CreateTopicRequest request;
  request.name = topic.name;
  if (topic.num_partitions != kByDefault) request.partitions = topic.num_partitions;
  if (topic.replication_factor != kByDefault) request.replication_factor = topic.replication_factor;
  for (CreatableAssignment& assignment : topic.assignments) {
    auto& into = request.assignments.emplace_back();
    into.partition = assignment.partition_index;
    for (const std::int32_t broker : assignment.broker_ids)
      into.replicas.push_back(BrokerId(broker));
  }
  for (CreatableConfig& config : topic.configs) {
    if (!config.value)
      return fail(Errc::invalid_config, "{} has no value", config.name.substr(0, 100));
    request.settings.push_back({std::move(config.name), std::move(*config.value)});
  }
  return request;
}

CreatedTopic write_topic(std::string name, const Result<service::CreateTopicResponse>& made) {
  CreatedTopic topic;
  topic.name = std::move(name);
  topic.configs.emplace();
  if (!made) {
    topic.error_code = code_of(made.error());
    topic.error_message = text_of(made.error());
    return topic;
  }
  // Beside the error that is none: who prints it, is told.
  if (!made->note.empty()) topic.error_message = made->note;
  topic.topic_id = made->id;
  topic.num_partitions = made->partitions;
  topic.replication_factor = static_cast<std::int16_t>(made->replication_factor);
  for (const service::SettingDescription& setting : made->settings)
    topic.configs->push_back({.name = setting.name,
                              .value = setting.value,
                              .config_source = source_number(setting.source)});
  return topic;
}

}  // namespace

Task<void> serve(Shared& shared, Exchange exchange, CreateTopicsRequest message) {
  set_timeout(shared, exchange, message.timeout_ms);
  std::vector<Result<service::CreateTopicResponse>> outcomes(message.topics.size());
  std::vector<service::CreateTopicRequest> requests;
  std::vector<std::size_t> asked;
  for (std::size_t i = 0; i < message.topics.size(); i++) {
    auto request = read_topic(message.topics[i]);
    if (request) {
      asked.push_back(i);
      requests.push_back(std::move(*request));
    } else {
      outcomes[i] = std::unexpected(std::move(request).error());
    }
  }
  auto made = co_await shared.uses.create_topic.handle_all(exchange.context, std::move(requests),
                                                           message.validate_only);
  for (std::size_t i = 0; i < asked.size(); i++) outcomes[asked[i]] = std::move(made[i]);

  CreateTopicsResponse response;
  FirstError failed;
  std::set<std::string> told;  // Of a topic that stands there twice they hear once.
  for (std::size_t i = 0; i < outcomes.size(); i++) {
    if (!told.insert(message.topics[i].name).second) continue;
    if (!outcomes[i]) failed.note(outcomes[i].error());
    response.topics.push_back(write_topic(std::move(message.topics[i].name), outcomes[i]));
  }
  exchange.reply(response, failed.get());
}

}  // namespace ropewalk::kafka
