// Use case: remove topics and all their records.
#pragma once

#include <string>
#include <vector>

#include "broker/security/request_context.h"
#include "broker/service/service.h"
#include "broker/service/topic_name.h"
#include "common/env/task.h"

namespace ropewalk::service {

struct DeleteTopicResponse {
  TopicId id;  // Which topic it was.
  std::string name;
  Offset metadata_offset;
};

class DeleteTopic {
 public:
  explicit DeleteTopic(const Parts& parts) : parts_(parts) {}
  // Errors: unknown_topic_or_partition, unknown_topic_id, topic_authorization_failed,
  // request_timed_out, those of ControllerPort.
  Task<Result<DeleteTopicResponse>> handle(security::RequestContext context, TopicRef topic);

  // The same for several at once, answered each for itself, in order. Further errors:
  // invalid_request (a topic is meant twice).
  Task<std::vector<Result<DeleteTopicResponse>>> handle_all(security::RequestContext context,
                                                            std::vector<TopicRef> topics);

 private:
  const Parts& parts_;
};

}  // namespace ropewalk::service
