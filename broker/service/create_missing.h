// Use case: make the topics that a client asks about and that are not there, where the settings let
// it (auto_create_topics).
#pragma once

#include <vector>

#include "broker/security/request_context.h"
#include "broker/service/create_topic.h"
#include "broker/service/service.h"
#include "broker/service/topic_name.h"
#include "common/env/task.h"

namespace ropewalk::service {

class CreateMissing {
 public:
  CreateMissing(const Parts& parts, CreateTopic& create_topic)
      : parts_(parts), create_topic_(create_topic) {}

  // Of `topics`, those that are named and missing; with the cluster's defaults. Those that could
  // not be made are missing afterwards, and the log says why.
  Task<void> handle(security::RequestContext context, std::vector<TopicRef> topics);

 private:
  const Parts& parts_;
  CreateTopic& create_topic_;
};

}  // namespace ropewalk::service
