// Which names a topic may have: Kafka's rule.
#pragma once

#include <cstddef>
#include <string_view>

#include "common/error.h"

namespace ropewalk::controller {

inline constexpr std::size_t kTopicNameMax = 249;

// Letters, digits, '.', '_' and '-', 1 to 249 of them, and neither "." nor "..". Errors:
// invalid_topic.
Result<void> check_topic_name(std::string_view name);

}  // namespace ropewalk::controller
