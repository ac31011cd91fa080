// Use case: change settings of topics or of the cluster, single ones or all of them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "broker/metadata/controller_port.h"
#include "broker/security/request_context.h"
#include "broker/service/config_resource.h"
#include "broker/service/service.h"
#include "common/env/task.h"
#include "common/error.h"

namespace ropewalk::service {

struct ConfigAlteration {
  std::string name;
  std::optional<std::string> value;  // Nothing: back to the default.
  metadata::ConfigEdit edit = metadata::ConfigEdit::set;
};

struct AlteredResource {
  ConfigResource resource;
  std::vector<ConfigAlteration> changes = {};
  bool replace_all = false;  // What else it has set goes back to the default.
};

class AlterConfigs {
 public:
  explicit AlterConfigs(const Parts& parts) : parts_(parts) {}

  // One question to the controller. In the order of the request, each resource for itself: all of
  // its changes, or none. With `validate_only` nothing changes. Errors: unknown_topic_or_partition,
  // invalid_topic, topic_authorization_failed, cluster_authorization_failed, invalid_config,
  // broker_id_not_registered, invalid_request (a resource or one of its settings stands there
  // twice; what a broker is set to in its file), request_timed_out, those of ControllerPort.
  Task<std::vector<Result<void>>> handle(security::RequestContext context,
                                         std::vector<AlteredResource> request, bool validate_only);

 private:
  // Where one resource stands in the event.
  struct Asked {
    std::optional<std::size_t> replaced;
    std::size_t changes_begin = 0;
    std::size_t changes_end = 0;
  };

  Result<metadata::ConfigTarget> find_target(const security::RequestContext& context,
                                             const ConfigResource& resource) const;
  Result<Asked> add_to(metadata::SetConfigs& event, const security::RequestContext& context,
                       AlteredResource resource) const;
  static Result<void> outcome_of(const Asked& asked,
                                 const Result<metadata::ControllerAnswer>& answer,
                                 std::size_t all_replaced);

  const Parts& parts_;
};

}  // namespace ropewalk::service
