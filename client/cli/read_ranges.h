// Which records of a topic's partitions a command reads: from here to there. One thread.
#pragma once

#include <cstdint>
#include <vector>

#include <ropewalk/consumer.h>

namespace ropewalk::cli {

class ReadRanges {
 public:
  // [next, end) of one partition, which must not be there yet.
  void add(PartitionName partition, std::int64_t next, std::int64_t end);

  // Makes the consumer begin there. Errors: the consumer's.
  Result<void> begin(Consumer& consumer) const;

  // Whether the record, which is the partition's next, is one of them. Pre: its partition was
  // added.
  bool take(const ConsumedRecord& record);
  // The last offsets before an end may hold no records for us: when a poll gave nothing, the
  // consumer's positions tell. Errors: the consumer's.
  Result<void> advance(Consumer& consumer);
  bool done() const;

 private:
  struct Range {
    PartitionName partition;
    std::int64_t next = 0;
    std::int64_t end = 0;
  };
  std::vector<Range> ranges_;
  std::size_t latest_ = 0;  // Records come in runs of one partition.
};

}  // namespace ropewalk::cli
