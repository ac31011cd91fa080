// Use case: the settings of a topic, of the cluster or of this broker, one by one.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/security/request_context.h"
#include "broker/service/config_resource.h"
#include "broker/service/service.h"
#include "broker/service/setting_values.h"
#include "common/error.h"
#include "common/settings/setting_type.h"

namespace ropewalk::service {

struct ConfigDescription {
  std::string name;
  std::optional<std::string> value;  // In force. Nothing: a secret, or not set.
  SettingSource source = SettingSource::default_value;
  bool is_read_only = false;  // Changed in the broker's file only.
  bool is_secret = false;
  settings::SettingType type = settings::SettingType::text;
  std::string help;
  // What has been set and what is the default, in the order in which they hold. None of a secret.
  std::vector<SettingDescription> values;
};

class DescribeConfigs {
 public:
  explicit DescribeConfigs(const Parts& parts) : parts_(parts) {}

  // All settings of the resource, by name; of the cluster only what was set. On any data core.
  // Errors: unknown_topic_or_partition, invalid_topic, topic_authorization_failed,
  // cluster_authorization_failed, invalid_request (another broker's: it tells them itself).
  Result<std::vector<ConfigDescription>> handle(const security::RequestContext& context,
                                                const ConfigResource& resource) const;

 private:
  Result<std::vector<ConfigDescription>> describe_topic(const security::RequestContext& context,
                                                        const std::string& name) const;
  std::vector<ConfigDescription> describe_cluster() const;
  Result<std::vector<ConfigDescription>> describe_broker(std::string_view name) const;

  const Parts& parts_;
};

}  // namespace ropewalk::service
