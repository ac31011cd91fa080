// Use case: make topics. Answered once the controller has committed and applied it (M5).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/metadata/controller_port.h"
#include "broker/security/request_context.h"
#include "broker/service/service.h"
#include "broker/service/setting_values.h"
#include "common/env/task.h"

namespace ropewalk::service {

struct TopicSetting {
  std::string name;
  std::string value;
};

struct CreateTopicRequest {
  std::string name;
  std::optional<std::int32_t> partitions;  // Nothing: the cluster's default.
  // Nothing: the cluster's default, at most the number of brokers.
  std::optional<std::int32_t> replication_factor;
  std::vector<TopicSetting> settings;
  // Who holds which partition: all of them, and neither number above is given. Empty: the
  // controller decides.
  std::vector<metadata::ReplicaAssignment> assignments;
};

struct CreateTopicResponse {
  TopicId id;  // None if it was only validated.
  std::int32_t partitions = 0;
  std::int32_t replication_factor = 0;
  std::vector<SettingDescription> settings;  // All of them, by name.
  std::string note;                          // On what was set (setting_notes.h).
  Offset metadata_offset;
};

class CreateTopic {
 public:
  explicit CreateTopic(const Parts& parts) : parts_(parts) {}
  // With `validate_only` nothing is made. Errors: invalid_topic, topic_already_exists,
  // invalid_partitions, invalid_replication_factor, invalid_replica_assignment, invalid_config,
  // invalid_request (assignments beside a number), policy_violation (a broker would hold more
  // partitions than it may), topic_authorization_failed, request_timed_out, those of
  // ControllerPort.
  Task<Result<CreateTopicResponse>> handle(security::RequestContext context,
                                           CreateTopicRequest request, bool validate_only = false);

  // The same for several at once, answered each for itself, in order. Further errors:
  // invalid_request (a name stands there twice).
  Task<std::vector<Result<CreateTopicResponse>>> handle_all(
      security::RequestContext context, std::vector<CreateTopicRequest> requests,
      bool validate_only);

 private:
  Result<void> check(const security::RequestContext& context,
                     const CreateTopicRequest& request) const;
  CreateTopicResponse response_to(const metadata::TopicCreated& created, Offset offset) const;

  const Parts& parts_;
};

}  // namespace ropewalk::service
