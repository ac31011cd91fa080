#include "broker/service/delete_topic.h"

#include <utility>

#include "broker/metadata/metadata_view.h"
#include "broker/service/locate.h"
#include "broker/service/propose.h"

namespace ropewalk::service {

Task<Result<DeleteTopicResponse>> DeleteTopic::handle(security::RequestContext context,
                                                      TopicRef ref) {
  const metadata::ImagePtr image = parts_.metadata.get();
  CO_TRY(const auto* topic, find_topic(parts_, context, *image, ref, security::Operation::remove));
  if (!ref.name.empty() && ref.name != topic->name)
    co_return fail(Errc::invalid_request, "the id is that of topic '{}', not of '{}'", topic->name,
                   ref.name);
  DeleteTopicResponse response;
  response.id = topic->id;
  metadata::DeleteTopics event;
  event.topics.push_back({.id = topic->id, .name = {}});
  CO_TRY(const auto decided, co_await propose_one(parts_, std::move(event), context.deadline));
  response.metadata_offset = decided.offset;
  co_return response;
}

}  // namespace ropewalk::service
