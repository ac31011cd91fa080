// Finding topics, partitions and their leaders for use cases, with the errors that clients act on.
#pragma once

#include <cstdint>
#include <memory>

#include "broker/metadata/image.h"
#include "broker/replication/partition.h"
#include "broker/security/authorizer.h"
#include "broker/security/request_context.h"
#include "broker/service/leader_hint.h"
#include "broker/service/service.h"
#include "broker/service/topic_name.h"
#include "common/error.h"

namespace ropewalk::service {

// The topic, if it exists and the caller may do the operation with it. Errors:
// unknown_topic_or_partition, unknown_topic_id, invalid_topic, topic_authorization_failed. The
// pointer is good as long as the image.
Result<const metadata::Topic*> find_topic(const Parts& parts,
                                          const security::RequestContext& context,
                                          const metadata::Image& image, const TopicRef& ref,
                                          security::Operation operation);

// The partition as the image has it. Errors: unknown_topic_or_partition.
Result<const metadata::Partition*> find_partition(const metadata::Topic& topic,
                                                  std::int32_t partition);

// The replica here that leads it. Errors: not_leader_or_follower (another broker leads),
// leader_not_available (nobody does, or the replica is still being opened), kafka_storage_error.
Result<std::shared_ptr<replication::Partition>> find_leader(const Parts& parts,
                                                            const metadata::Topic& topic,
                                                            const metadata::Partition& partition);

// The replica here that leads a partition which the caller may do the operation with. `id` is set
// as soon as the topic is known, for the hint that an error may want. Errors: all of the above.
Result<std::shared_ptr<replication::Partition>> find_led_here(
    const Parts& parts, const security::RequestContext& context, const metadata::Image& image,
    const TopicRef& topic, std::int32_t partition, security::Operation operation,
    TopicPartition& id);

// R8: a broker that is fenced, or whose lease ran out, is leader of nothing. One look at the clock.
// Errors: not_leader_or_follower.
Result<void> check_lease(const Parts& parts);

// Who leads, and where the caller reaches it by the listener that it used.
LeaderHint leader_hint(const Parts& parts, const security::RequestContext& context,
                       const metadata::Image& image, const TopicPartition& partition);

// Whether an answer with this error should carry a hint.
bool wants_leader_hint(Errc code);

}  // namespace ropewalk::service
