// Where the image's consequences for this broker's replicas go: node says, replication does.
#pragma once

#include "broker/metadata/image.h"

namespace ropewalk::metadata {

// All calls come on the control core, in the order of the metadata log, and do not wait: the
// receiver hands them on to its partitions. Failures are its own to report.
class ReplicaSink {
 public:
  virtual ~ReplicaSink() = default;
  // This broker leads the partition in `state`, its replica lives in `directory` (made if it is
  // new). Comes again, for the same leader epoch too, whenever the state or the topic's settings
  // change; `image` is the one that says so.
  virtual void become_leader(const ImagePtr& image, const TopicPtr& topic,
                             const PartitionPtr& state, const DirectoryId& directory) = 0;
  // This broker holds a replica but does not lead: the leader is another one or nobody.
  virtual void stop_leading(const ImagePtr& image, const TopicPtr& topic,
                            const PartitionPtr& state) = 0;
  // The topic is gone or the replica was moved away: its data goes.
  virtual void remove(const TopicPartition& partition) = 0;
};

}  // namespace ropewalk::metadata
