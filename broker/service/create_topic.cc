#include "broker/service/create_topic.h"

#include <utility>

#include "broker/security/authorizer.h"
#include "broker/service/propose.h"
#include "broker/service/topic_name.h"

namespace ropewalk::service {

Task<Result<CreateTopicResponse>> CreateTopic::handle(security::RequestContext context,
                                                      CreateTopicRequest request) {
  CO_TRY_VOID(check_topic_name(request.name));
  const security::Access access{.operation = security::Operation::create,
                                .resource_type = security::ResourceType::topic,
                                .resource = request.name};
  CO_TRY_VOID(parts_.authorizer.authorize(context, access));
  if (request.partitions < 0)
    co_return fail(Errc::invalid_partitions, "{} partitions were asked for", request.partitions);
  if (request.replication_factor < 0)
    co_return fail(Errc::invalid_replication_factor, "replication factor {} was asked for",
                   request.replication_factor);
  metadata::NewTopic topic;
  topic.name = std::move(request.name);
  if (request.partitions > 0) topic.partitions = request.partitions;
  if (request.replication_factor > 0) topic.replication_factor = request.replication_factor;
  for (TopicSetting& setting : request.settings)
    topic.configs.emplace_back(std::move(setting.name), std::move(setting.value));
  metadata::CreateTopics event;
  event.topics.push_back(std::move(topic));
  event.validate_only = request.validate_only;

  CO_TRY(const auto decided, co_await propose_one(parts_, std::move(event), context.deadline));
  const auto& created = std::get<metadata::TopicCreated>(decided.answer);
  CreateTopicResponse response;
  if (!request.validate_only) response.id = created.id;
  response.partitions = created.partitions;
  response.replication_factor = created.replication_factor;
  response.metadata_offset = decided.offset;
  co_return response;
}

}  // namespace ropewalk::service
