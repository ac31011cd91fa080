#include "broker/service/create_topic.h"

#include <utility>

#include "broker/metadata/metadata_view.h"
#include "broker/security/authorizer.h"
#include "broker/service/await_opening.h"
#include "broker/service/propose.h"
#include "broker/service/setting_notes.h"
#include "broker/service/topic_name.h"

namespace ropewalk::service {
namespace {

metadata::NewTopic new_topic(CreateTopicRequest request) {
  metadata::NewTopic topic;
  topic.name = std::move(request.name);
  if (request.partitions) topic.partitions = *request.partitions;
  if (request.replication_factor) topic.replication_factor = *request.replication_factor;
  for (TopicSetting& setting : request.settings)
    topic.configs.emplace_back(std::move(setting.name), std::move(setting.value));
  topic.assignments = std::move(request.assignments);
  return topic;
}

}  // namespace

Result<void> CreateTopic::check(const security::RequestContext& context,
                                const CreateTopicRequest& request) const {
  TRY_VOID(check_topic_name(request.name));
  const security::Access access{.operation = security::Operation::create,
                                .resource_type = security::ResourceType::topic,
                                .resource = request.name};
  TRY_VOID(parts_.authorizer.authorize(context, access));
  // -1 would be the default for the controller.
  if (request.partitions && *request.partitions < 1)
    return fail(Errc::invalid_partitions, "{} partitions were asked for", *request.partitions);
  if (request.replication_factor && *request.replication_factor < 1)
    return fail(Errc::invalid_replication_factor, "replication factor {} was asked for",
                *request.replication_factor);
  return {};
}

CreateTopicResponse CreateTopic::response_to(const metadata::TopicCreated& created,
                                             Offset offset) const {
  const metadata::Configs configs(created.configs.begin(), created.configs.end());
  return {.id = created.id,
          .partitions = created.partitions,
          .replication_factor = created.replication_factor,
          .settings = values_in_force({.topic = configs,
                                       .cluster = parts_.metadata.get()->cluster_configs(),
                                       .segment_bytes = parts_.segment_bytes}),
          .note = notes_on(configs, created.replication_factor),
          .metadata_offset = offset};
}

Task<std::vector<Result<CreateTopicResponse>>> CreateTopic::handle_all(
    security::RequestContext context, std::vector<CreateTopicRequest> requests,
    bool validate_only) {
  std::vector<Result<CreateTopicResponse>> responses(requests.size());
  std::vector<std::size_t> asked;  // Whose answers the controller gives.
  metadata::CreateTopics event;
  event.validate_only = validate_only;
  for (std::size_t i = 0; i < requests.size(); i++) {
    const auto checked = check(context, requests[i]);
    if (checked) {
      asked.push_back(i);
      event.topics.push_back(new_topic(std::move(requests[i])));
    } else {
      responses[i] = std::unexpected(checked.error());
    }
  }
  if (asked.empty()) co_return responses;
  auto answer = co_await propose_each(parts_, std::move(event), context.deadline);
  std::vector<TopicId> made;
  for (std::size_t i = 0; i < asked.size(); i++) {
    auto& response = responses[asked[i]];
    if (!answer)
      response = std::unexpected(answer.error());
    else if (!answer->items[i])
      response = std::unexpected(std::move(answer->items[i]).error());
    else
      response = response_to(std::get<metadata::TopicCreated>(*answer->items[i]), answer->offset);
    if (response) made.push_back(response->id);
  }
  if (!validate_only) co_await await_opening(parts_, std::move(made), context.deadline);
  co_return responses;
}

Task<Result<CreateTopicResponse>> CreateTopic::handle(security::RequestContext context,
                                                      CreateTopicRequest request,
                                                      bool validate_only) {
  std::vector<CreateTopicRequest> requests;
  requests.push_back(std::move(request));
  auto responses = co_await handle_all(std::move(context), std::move(requests), validate_only);
  co_return std::move(responses.front());
}

}  // namespace ropewalk::service
