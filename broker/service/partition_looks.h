// Looks at many partitions at once, and hears from those that have more to read.
//
// Made, used and told on one core (the connection's). Held by shared_ptr: partitions hold it while
// they owe an answer. It holds no partition: one that is watched may be closed and go.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "broker/replication/partition.h"
#include "common/env/event.h"
#include "common/env/task.h"

namespace ropewalk::service {

class PartitionLooks final : public replication::FetchSink,
                             public std::enable_shared_from_this<PartitionLooks> {
 public:
  // There are `count` indexes, and more as they are asked for.
  PartitionLooks(env::Core& core, std::size_t count);

  // The answer comes into found(look.index). An earlier watch of that index ends. Pre: it is not
  // asked for at the moment.
  void ask(const std::shared_ptr<replication::Partition>& partition, replication::Look look);
  // Until everything that was asked for has been answered. Errors: cancelled.
  Task<Result<void>> answered();
  const replication::Looked& found(std::size_t index) const { return slots_[index].found; }
  // Once: what it keeps alive (files) goes with it.
  replication::Looked take(std::size_t index) { return std::exchange(slots_[index].found, {}); }

  // Until a watched partition has moved. Errors: cancelled, request_timed_out.
  Task<Result<void>> moved_until(env::MonotonicTime deadline);
  // Those that moved since the last call, each once; also one whose watch was ended meanwhile.
  std::vector<std::uint32_t> take_moved();
  // Ends the watch of an index, if there is one, or all of them.
  void unwatch(std::uint32_t index);
  void unwatch();

  void looked(std::uint32_t index, replication::Looked found) override;
  void moved(std::uint32_t index) override;

 private:
  struct Slot {
    std::weak_ptr<replication::Partition> partition;
    replication::Looked found;
    bool watched = false;  // Or was, and has been told or is about to be.
  };
  std::vector<Slot> slots_;
  std::size_t owed_ = 0;
  std::vector<std::uint32_t> moved_;
  env::Event all_answered_;
  env::Event some_moved_;
};

}  // namespace ropewalk::service
