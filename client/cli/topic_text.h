// Topics as `topic describe` and `--json` show them. Pure.
#pragma once

#include <string>
#include <vector>

#include <ropewalk/admin.h>

namespace ropewalk::cli {

// Its settings with where they come from, its partitions.
std::string topic_text(const DescribedTopic& topic);

// One array in one line. A setting's source is "default", "cluster", "topic", or "broker
// default": the own default of the broker that answered.
std::string topics_json(const std::vector<DescribedTopic>& topics);

}  // namespace ropewalk::cli
