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

}  // namespace ropewalk::native
