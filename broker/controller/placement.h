// Which brokers get the partitions that are about to be made, and in which of their directories.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "broker/metadata/controller_port.h"
#include "broker/metadata/image.h"
#include "common/error.h"

namespace ropewalk::controller {

// One for each new partition, in order.
using Placement = std::vector<metadata::Replicas>;

struct Wanted {
  std::size_t first = 0;  // Index of the first new partition.
  std::size_t count = 0;
  std::size_t replication_factor = 0;
  // Where the round begins: partition 0 is the business of the broker at this place.
  std::size_t start = 0;
};

// Who may be given new replicas: alive, and not drained. In the order of the round, in which
// neighbours are of different racks.
std::vector<const metadata::BrokerRegistration*> open_brokers(const metadata::Image& image);
// How many there are with those that are away for a while, and that in words: "there are 3
// brokers".
std::size_t count_open(const metadata::Image& image);
std::string open_text(const metadata::Image& image);

// Leaders go round the open brokers, and so do the other replicas, over as many racks as there are.
// Who is not alive gets a replica only where there are too few others, and is not in sync then; who
// is drained gets none. Pre: one is open, and count_open() is replication_factor at least.
Placement place(const metadata::Image& image, const Wanted& wanted);

// What somebody has chosen, as it would be: every broker is known, none stands twice, one of each
// partition is alive, and all have `replication_factor` replicas (0: as many as the first). Errors:
// invalid_replica_assignment.
Result<void> check_assignments(const metadata::Image& image,
                               std::span<const metadata::Replicas> assignments,
                               const Wanted& wanted);

// How many replicas each broker holds while one event is decided, and whether it may hold more. All
// partitions are counted once, not for each item of the event.
class Room {
 public:
  Room(const metadata::Image& image, std::size_t replicas_max);

  // No broker gets more replicas than it may hold. Errors: policy_violation.
  Result<void> check(const Placement& placement) const;
  // What has been decided: these are new, those are gone.
  void take(const Placement& placement);
  void replace(const metadata::Replicas& before, const metadata::Replicas& after);

 private:
  std::map<BrokerId, std::size_t> held_;
  const std::size_t replicas_max_;
};

// The partition that begins with these replicas: those that are alive are in sync, the first of
// them leads. Pre: all are known, one is alive.
metadata::Partition begin_partition(const metadata::Image& image, metadata::Replicas replicas,
                                    std::size_t index, std::size_t start);

}  // namespace ropewalk::controller
