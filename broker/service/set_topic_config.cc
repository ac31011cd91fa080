#include "broker/service/set_topic_config.h"

#include <utility>

#include "broker/metadata/metadata_view.h"
#include "broker/service/locate.h"
#include "broker/service/propose.h"

namespace ropewalk::service {

Task<Result<SetTopicConfigResponse>> SetTopicConfig::handle(security::RequestContext context,
                                                            SetTopicConfigRequest request) {
  const metadata::ImagePtr image = parts_.metadata.get();
  CO_TRY(const auto* topic,
         find_topic(parts_, context, *image, request.topic, security::Operation::alter));
  if (request.changes.empty()) co_return fail(Errc::invalid_request, "no setting is to be changed");
  metadata::SetConfigs event;
  event.validate_only = request.validate_only;
  for (SettingChange& change : request.changes) {
    metadata::ConfigChange wanted;
    wanted.scope = metadata::TopicRef{.id = topic->id, .name = {}};
    wanted.key = std::move(change.name);
    wanted.value = std::move(change.value);
    event.changes.push_back(std::move(wanted));
  }
  CO_TRY(const Offset offset, co_await propose_all(parts_, std::move(event), context.deadline));
  co_return SetTopicConfigResponse{.metadata_offset = offset};
}

}  // namespace ropewalk::service
