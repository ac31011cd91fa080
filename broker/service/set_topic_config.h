// Use case: change settings of a topic.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "broker/security/request_context.h"
#include "broker/service/service.h"
#include "broker/service/topic_name.h"
#include "common/env/task.h"

namespace ropewalk::service {

struct SettingChange {
  std::string name;
  std::optional<std::string> value;  // Nothing: back to the default.
};

struct SetTopicConfigRequest {
  TopicRef topic;
  std::vector<SettingChange> changes;
  bool validate_only = false;
};

struct SetTopicConfigResponse {
  Offset metadata_offset;
};

class SetTopicConfig {
 public:
  explicit SetTopicConfig(const Parts& parts) : parts_(parts) {}
  // Errors: unknown_topic_or_partition, unknown_topic_id, invalid_config,
  // topic_authorization_failed, request_timed_out, those of ControllerPort.
  Task<Result<SetTopicConfigResponse>> handle(security::RequestContext context,
                                              SetTopicConfigRequest request);

 private:
  const Parts& parts_;
};

}  // namespace ropewalk::service
