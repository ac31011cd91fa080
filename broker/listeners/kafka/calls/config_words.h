// How Kafka's clients call what the use cases say about settings.
#pragma once

#include <cstdint>
#include <string>

#include "broker/service/config_resource.h"
#include "broker/service/setting_values.h"
#include "common/error.h"
#include "common/settings/setting_type.h"

namespace ropewalk::kafka {

std::int8_t source_number(service::SettingSource source);
std::int8_t type_number(settings::SettingType type);

// A topic by its name; a broker by its number; all brokers, which is the cluster, by "". Errors:
// invalid_request (a kind of resource that is not known here).
Result<service::ConfigResource> config_resource(std::int8_t type, std::string name);

}  // namespace ropewalk::kafka
