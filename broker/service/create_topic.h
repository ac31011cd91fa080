// Use case: make a topic. Answered once the controller has committed and applied it (M5).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "broker/security/request_context.h"
#include "broker/service/service.h"
#include "common/env/task.h"

namespace ropewalk::service {

struct TopicSetting {
  std::string name;
  std::string value;
};

struct CreateTopicRequest {
  std::string name;
  std::int32_t partitions = 0;          // 0: the cluster's default.
  std::int32_t replication_factor = 0;  // 0: the cluster's default, at most the number of brokers.
  std::vector<TopicSetting> settings;
  bool validate_only = false;
};

struct CreateTopicResponse {
  TopicId id;  // None with validate_only.
  std::int32_t partitions = 0;
  std::int32_t replication_factor = 0;
  Offset metadata_offset;
};

class CreateTopic {
 public:
  explicit CreateTopic(const Parts& parts) : parts_(parts) {}
  // Errors: invalid_topic, topic_already_exists, invalid_partitions, invalid_replication_factor,
  // invalid_config, policy_violation (a broker would hold more partitions than it may),
  // topic_authorization_failed, request_timed_out, those of ControllerPort.
  Task<Result<CreateTopicResponse>> handle(security::RequestContext context,
                                           CreateTopicRequest request);

 private:
  const Parts& parts_;
};

}  // namespace ropewalk::service
