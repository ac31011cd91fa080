// A partition with fewer replicas than it has: those of a reassignment that ends or is called off.
#pragma once

#include <optional>

#include "broker/metadata/image.h"

namespace ropewalk::controller {

// Those that a reassignment wants, and those there were before it; without one all of them.
std::vector<BrokerId> wanted_replicas(const metadata::Partition& partition);
std::vector<BrokerId> original_replicas(const metadata::Partition& partition);

// The partition with these of its replicas alone, in this order, in every set and directory;
// nothing is moved any more.
metadata::Partition with_replicas(const metadata::Partition& partition,
                                  std::vector<BrokerId> replicas);

// The change from one to the other. It begins a leader epoch, so that whoever goes takes part no
// more: the leader stays if it may, else the first that is in sync leads. nullopt if nobody may.
std::optional<metadata::PartitionChangeRecord> change_to(const metadata::Image& image,
                                                         const TopicPartition& id,
                                                         const metadata::Partition& before,
                                                         const metadata::Partition& after);

}  // namespace ropewalk::controller
