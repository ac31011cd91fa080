// Who leads a partition (R7, R12, R13; metadata-quorum.md, 6.7 to 6.9).
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "broker/controller/batch.h"
#include "broker/metadata/topic_settings.h"

namespace ropewalk::controller {

// A broker leaves: what that does to one partition.
struct Leaving {
  BrokerId broker;
  // Set: what it has of the partition may not be whole, and this is what is known of it.
  std::optional<metadata::ReplicaEnd> lost = std::nullopt;
};

// The change that takes the broker out of the partition's in-sync set and leadership, and remembers
// what it has lost; nullopt if nothing changes. `may_lead` says who is alive. The last member of
// the in-sync set stays in it, and the partition is without a leader then: it holds everything
// committed.
std::optional<metadata::PartitionChangeRecord> leave_partition(
    const TopicId& topic, const metadata::Partition& partition, const Leaving& leaving,
    std::int32_t min_in_sync, const std::function<bool(BrokerId)>& may_lead);

// The change that gives a partition without a (living) leader one, if it can be had safely: the
// first living replica in order that is in sync, else a living eligible one.
std::optional<metadata::PartitionChangeRecord> elect(const TopicId& topic,
                                                     const metadata::Partition& partition,
                                                     std::int32_t min_in_sync,
                                                     const std::function<bool(BrokerId)>& may_lead);

// The change that gives a partition to its first replica. Errors: election_not_needed,
// preferred_leader_not_available.
Result<metadata::PartitionChangeRecord> elect_preferred(const metadata::Image& image,
                                                        const TopicPartition& id,
                                                        const metadata::Partition& partition);

bool contains(const std::vector<BrokerId>& list, BrokerId id);
// What R3 asks of the partition, as its topic and the cluster are set.
std::int32_t min_in_sync_of(const metadata::Image& image, const metadata::Topic& topic,
                            const metadata::Partition& partition);
// Changes nothing yet.
metadata::PartitionChangeRecord change_of(const TopicId& topic,
                                          const metadata::Partition& partition);

// Whether the broker is registered, not fenced and not on its way out.
bool is_active(const metadata::Image& image, BrokerId broker);

// Whether the broker has the directory (still) that its replica is in.
bool offers_replica(const metadata::Image& image, const metadata::Partition& partition,
                    BrokerId broker);
// Whether it could lead the partition now, as far as its life goes.
bool may_lead(const metadata::Image& image, const metadata::Partition& partition, BrokerId broker);

// What is lost of one of a broker's replicas, if anything is.
using Losses = std::function<std::optional<metadata::ReplicaEnd>(const TopicPartition&,
                                                                 const metadata::Partition&)>;
// Takes a broker out of all its partitions; adds the changes to the batch.
void leave_all(Batch& batch, BrokerId broker, const Losses& losses);
void leave_all_whole(Batch& batch, BrokerId broker);
// Takes one replica of a broker out, which is not whole any more. Pre: the broker has one there.
void leave_damaged(Batch& batch, BrokerId broker, const TopicPartition& partition);
// The same for its replicas in directories that it has lost: what they have may not be whole.
void leave_directories(Batch& batch, BrokerId broker, const std::vector<DirectoryId>& lost);
// Elects for every partition of the broker that has no leader.
void elect_where_leaderless(Batch& batch, BrokerId broker);

}  // namespace ropewalk::controller
