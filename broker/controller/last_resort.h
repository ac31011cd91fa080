// Elections where no replica that is left is known to be whole (R7): of the best there is, or of
// whoever is there because somebody wants it in so many words.
#pragma once

#include <optional>

#include "broker/metadata/image.h"

namespace ropewalk::controller {

// Whether all of the partition's last in-sync and eligible replicas have lost something: only then
// is any of them waited for.
bool is_lost(const metadata::Partition& partition);

// Whether R7's wait runs: one of them is back, and in a synced topic no wait elects anybody.
bool waits_for_others(const metadata::Image& image, const metadata::Partition& partition);

// The best one by (last epoch, log end), once all are back or the wait is over; nullopt if it is
// not to be had yet. Pre: the partition has no leader.
std::optional<metadata::PartitionChangeRecord> recover(const metadata::Image& image,
                                                       const TopicPartition& id, bool wait_is_over);

// The best one of those that are there, whatever it lacks; nullopt if nobody is.
std::optional<metadata::PartitionChangeRecord> elect_uncleanly(const metadata::Image& image,
                                                               const TopicPartition& id,
                                                               metadata::UncleanCause cause);

}  // namespace ropewalk::controller
