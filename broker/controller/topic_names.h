// Which names a topic may have, and which topic is meant.
#pragma once

#include <cstddef>
#include <string_view>

#include "broker/metadata/controller_port.h"
#include "broker/metadata/image.h"
#include "common/error.h"

namespace ropewalk::controller {

inline constexpr std::size_t kTopicNameMax = 249;

// Kafka's rule: letters, digits, '.', '_' and '-', 1 to 249 of them, and neither "." nor "..".
// Errors: invalid_topic.
Result<void> check_topic_name(std::string_view name);

// Good as long as the image. Errors: unknown_topic_id, unknown_topic_or_partition.
Result<const metadata::Topic*> find_topic(const metadata::Image& image,
                                          const metadata::TopicRef& ref);

}  // namespace ropewalk::controller
