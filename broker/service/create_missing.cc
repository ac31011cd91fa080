#include "broker/service/create_missing.h"

#include <utility>

#include "broker/metadata/metadata_view.h"
#include "broker/security/authorizer.h"
#include "broker/service/locate.h"
#include "common/log.h"

namespace ropewalk::service {

Task<void> CreateMissing::handle(security::RequestContext context, std::vector<TopicRef> topics) {
  if (!parts_.auto_create_topics) co_return;
  for (TopicRef& topic : topics) {
    if (topic.name.empty()) continue;
    const auto found =
        find_topic(parts_, context, *parts_.metadata.get(), topic, security::Operation::describe);
    if (found || found.error().code != Errc::unknown_topic_or_partition) continue;
    CreateTopicRequest request;
    request.name = std::move(topic.name);
    const std::string name = request.name;
    const auto created = co_await create_topic_.handle(context, std::move(request));
    if (created)
      log_info("topic {} was made because client '{}' of {} asked for it", name,
               context.caller->client_id, context.caller->peer.to_string());
    else if (created.error().code != Errc::topic_already_exists)
      log_debug("topic {} was asked for and could not be made: {}", name, created.error());
  }
}

}  // namespace ropewalk::service
