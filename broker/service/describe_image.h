// What the image says about brokers and topics, in the words of the use cases that tell it.
#pragma once

#include <cstdint>
#include <vector>

#include "broker/metadata/image.h"
#include "broker/security/request_context.h"
#include "broker/service/metadata.h"
#include "broker/service/service.h"
#include "broker/service/topic_name.h"

namespace ropewalk::service {

// Of the feature that gates the records of the metadata log.
std::int32_t feature_level_of(const metadata::Image& image);

// With their addresses for the caller (addresses.h).
std::vector<BrokerMetadata> describe_brokers(const Parts& parts,
                                             const security::RequestContext& context,
                                             const metadata::Image& image);

TopicMetadata describe_topic(const metadata::Image& image, const metadata::Topic& topic);

bool sees_all_topics(const Parts& parts, const security::RequestContext& context,
                     const metadata::Image& image);

// Those asked for, in that order, each once and with its error; or all that the caller may see.
std::vector<TopicMetadata> describe_topics(const Parts& parts,
                                           const security::RequestContext& context,
                                           const metadata::Image& image, bool all,
                                           const std::vector<TopicRef>& wanted);

}  // namespace ropewalk::service
