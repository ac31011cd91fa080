// Use case: everything about topics that the cluster's image knows, settings included.
#pragma once

#include <string>
#include <vector>

#include "broker/security/request_context.h"
#include "broker/service/metadata.h"
#include "broker/service/service.h"
#include "broker/service/setting_values.h"
#include "broker/service/topic_name.h"

namespace ropewalk::service {

struct DescribeTopicsRequest {
  bool all_topics = false;  // `topics` must be empty then.
  std::vector<TopicRef> topics;
};

struct TopicDescription {
  TopicMetadata topic;  // With the error, if any.
  std::int32_t replication_factor = 0;
  std::vector<SettingDescription> settings;  // All of them, by name.
};

struct DescribeTopicsResponse {
  Error error{Errc::none, {}};  // Of the whole request.
  std::vector<TopicDescription> topics;
  Offset metadata_offset;  // What the answer is as of.
};

class DescribeTopics {
 public:
  explicit DescribeTopics(const Parts& parts) : parts_(parts) {}
  // On any data core. Errors as Metadata::handle().
  DescribeTopicsResponse handle(const security::RequestContext& context,
                                const DescribeTopicsRequest& request) const;

 private:
  const Parts& parts_;
};

}  // namespace ropewalk::service
