#include "broker/listeners/native/common_messages.h"

#include <utility>

namespace ropewalk::native {

Result<service::TopicRef> topic_ref(const std::string& name, const std::string& id) {
  service::TopicRef topic;
  auto uuid = Uuid::from_bytes(id);
  if (!uuid) return within("topic_id", std::move(uuid).error());
  topic.id = TopicId(*uuid);
  topic.name = name;
  return topic;
}

Result<service::TopicRef> topic_of_id(const std::string& id) {
  if (id.empty())
    return fail(Errc::invalid_request, "a partition without a topic_id: 16 bytes, from Metadata");
  return topic_ref({}, id);
}

}  // namespace ropewalk::native
