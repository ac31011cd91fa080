// Where the image's consequences for this broker's replicas go: node says, replication does.
#pragma once

#include <cstdint>
#include <optional>

#include "broker/metadata/image.h"

namespace ropewalk::metadata {

// All calls come on the control core, in the order of the metadata log, and do not wait: the
// receiver hands them on to its partitions. Failures are its own to report.
class ReplicaSink {
 public:
  virtual ~ReplicaSink() = default;
  // This broker leads the partition in `state`, its replica lives in `directory` (made if it is
  // new). Comes again, for the same leader epoch too, whenever the state, the topic's settings or
  // the registration of a broker with a replica change; `image` is the one that says so.
  virtual void become_leader(const ImagePtr& image, const TopicPtr& topic,
                             const PartitionPtr& state, const DirectoryId& directory) = 0;
  // This broker holds a replica, and the leader is another one or nobody. Comes again like that.
  virtual void become_follower(const ImagePtr& image, const TopicPtr& topic,
                               const PartitionPtr& state, const DirectoryId& directory) = 0;
  // The topic is gone or the replica was moved away: its data goes.
  virtual void remove(const TopicPartition& partition) = 0;
  // What replicas that are not in sync may copy a second, in bytes, all of them together; nothing:
  // what this broker's file says. Told when it changes.
  virtual void limit_catch_up(std::optional<std::int64_t> bytes_per_second) = 0;
};

}  // namespace ropewalk::metadata
