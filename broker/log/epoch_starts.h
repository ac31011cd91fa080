// Under which leader epoch each stretch of a log was appended: the start offset of every epoch.
//
// A value: rebuilt by recovery, kept by Log, stored in the checkpoint. Epochs and starts both grow.
#pragma once

#include <optional>
#include <vector>

#include "common/ids.h"

namespace ropewalk::log {

struct EpochStart {
  LeaderEpoch epoch;
  Offset start;
  bool operator==(const EpochStart&) const = default;
};

// The answer to "where does your epoch E end": the greatest epoch that is not above E, and one past
// its last record.
struct EpochEnd {
  LeaderEpoch epoch;
  Offset end;
  bool operator==(const EpochEnd&) const = default;
};

class EpochStarts {
 public:
  EpochStarts() = default;
  explicit EpochStarts(std::vector<EpochStart> entries) : entries_(std::move(entries)) {}

  // A batch of `epoch` begins at `start`. Nothing changes when that epoch is the last one already.
  // Pre: epoch >= last(), start is not below any start.
  void appended(LeaderEpoch epoch, Offset start);
  // The log now ends at `end`.
  void truncate(Offset end);
  // The log now begins at `start`: epochs that ended before it are forgotten, the one that covers
  // it begins there.
  void trim(Offset start);

  std::optional<LeaderEpoch> last() const;
  // The epoch of the record at `offset`; none below the first entry.
  std::optional<LeaderEpoch> epoch_at(Offset offset) const;
  // None when every epoch known is above `epoch`. `log_end` is where the last epoch ends.
  std::optional<EpochEnd> end_of(LeaderEpoch epoch, Offset log_end) const;
  const std::vector<EpochStart>& entries() const { return entries_; }
  bool operator==(const EpochStarts&) const = default;

 private:
  std::vector<EpochStart> entries_;
};

}  // namespace ropewalk::log
