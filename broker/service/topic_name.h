// How a request names a topic, and which names there may be.
#pragma once

#include <string>
#include <string_view>

#include "common/error.h"
#include "common/uuid.h"

namespace ropewalk::service {

// By id where there is one, else by name.
struct TopicRef {
  std::string name;
  TopicId id;
};

// 1 to 249 of letters, digits, '.', '_' and '-', and not "." or "..": Kafka's rule, so that a name
// is never a path. Errors: invalid_topic with what is wrong.
Result<void> check_topic_name(std::string_view name);

}  // namespace ropewalk::service
