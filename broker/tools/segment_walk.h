// Reads a segment file batch by batch and says of each whether it checks: offsets without gaps,
// epochs that do not fall, checksums. For the offline looks; changes nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "broker/log/batch_cursor.h"
#include "broker/log/segment_header.h"
#include "common/env/file.h"
#include "common/env/task.h"
#include "common/error.h"
#include "common/ids.h"

namespace ropewalk::tools {

// None: the header was never written, as a crash can leave it. Errors: corrupt, unsupported_version
// and io_error, with the file's path.
Task<Result<std::optional<log::SegmentHeader>>> read_segment_header(env::File& file);

struct WalkedBatch {
  BatchHeader header;
  std::uint64_t position = 0;
  ByteSpan bytes;     // Good until the next step.
  std::string wrong;  // What contradicts the batches in front, or does not check; empty: nothing.
};

class SegmentWalk {
 public:
  // From the segment's first batch, which should begin at `next`, to the byte `end`. `file`
  // outlives it. `epoch` is that of the batch in front.
  SegmentWalk(env::File& file, std::uint64_t end, const log::SegmentIdentity& identity,
              LeaderEpoch epoch = kNoLeaderEpoch);

  // The next batch; none at the end. Goes on behind a batch that is wrong: the one after it may
  // have any offset then. Errors: corrupt where there is no batch, and the walk is over; io_error.
  Task<Result<std::optional<WalkedBatch>>> step();

  std::uint64_t position() const { return cursor_.position(); }
  Offset next() const { return next_; }  // Where the log should go on.
  LeaderEpoch epoch() const { return epoch_; }

 private:
  std::string contradiction(const BatchHeader& header, ByteSpan bytes) const;

  log::BatchCursor cursor_;
  bool gaps_allowed_;  // By compaction.
  bool lost_ = false;  // The batch in front did not say where it ends.
  Offset next_;
  LeaderEpoch epoch_;
};

}  // namespace ropewalk::tools
