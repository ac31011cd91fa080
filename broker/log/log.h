// One partition's log as a planner: decides which bytes go where and what counts as durable. Does
// no I/O.
//
// Lives in the partition's Serial, inside PartitionLog, which carries out its plans one write and
// one sync at a time. Positions count bytes of a file.
//
//   log_start <= durable_end <= readable_end        (durable_end: what a power cut cannot take)
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "broker/log/checkpoint_mark.h"
#include "broker/log/epoch_starts.h"
#include "broker/log/log_options.h"
#include "broker/log/log_view.h"
#include "broker/log/recent_ends.h"
#include "broker/log/stamped_batch.h"
#include "common/error.h"

namespace ropewalk::log {

// Some of a plan's batches go into one file.
struct SegmentWrite {
  bool create = false;  // The segment is new: made by the shell, which fills in `file`.
  Offset base;          // Of the segment.
  SegmentFilePtr file;
  std::uint64_t position = 0;
  std::size_t first_batch = 0;  // Into AppendPlan::batches, half-open.
  std::size_t end_batch = 0;
  std::uint64_t bytes = 0;
};

struct AppendPlan {
  std::uint64_t generation = 0;
  std::vector<StampedBatch> batches;
  std::vector<SegmentWrite> writes;  // In order.
  bool needs_segment() const;        // Something has to be created first.
};

struct SlotWrite {
  SegmentFilePtr file;
  std::size_t slot = 0;
  DurableSlot content;
};

struct SyncPlan {
  std::uint64_t generation = 0;
  Offset end;                         // Durable when all below are synced.
  std::optional<SlotWrite> slot;      // Written first; its file is among `files`.
  std::vector<SegmentFilePtr> files;  // Those with bytes that were not synced, in order.
  bool directory = false;             // Segments were made since the directory was last synced.
  std::uint64_t segments_made = 0;    // How many the directory has entries of by then.
};

// First the slot, synced; then the later segments go, last first, and the directory is synced; then
// the file is cut and synced.
struct TruncatePlan {
  std::uint64_t generation = 0;  // The new one.
  Offset end;
  SlotWrite slot;
  SegmentFilePtr cut;  // The segment that stays last.
  std::uint64_t cut_position = 0;
  std::vector<SegmentFilePtr> remove;  // First to last.
  bool drop_checkpoint = false;        // It tells of batches that are going.
};

// A log as recovery found it.
struct RecoveredSegment {
  SegmentFilePtr file;
  Offset end;
  std::uint64_t end_position = 0;
  OffsetIndex index;
  std::size_t next_slot = 0;
};
struct RecoveredLog {
  std::vector<RecoveredSegment> segments;  // In order; all synced.
  Offset log_start;
  Offset log_end;  // Also the durable end.
  Offset high_watermark;
  std::uint64_t generation = 0;  // Higher than any recorded one.
  EpochStarts epochs;
  env::WallTime last_append{};
  std::optional<CheckpointMark> checkpoint;  // The stored one.
};

class Log {
 public:
  Log(LogOptions options, RecoveredLog recovered);
  ~Log();

  // Pre: no plan is out; the batches follow each other from readable_end() on, and epochs do not
  // fall.
  AppendPlan plan_append(std::vector<StampedBatch> batches, env::WallTime now);
  // An empty segment behind the active one; none when that is empty itself, or missing. Pre: no
  // plan is out.
  std::optional<AppendPlan> plan_roll();
  // The readable end moves here, when the outcome is good; the log is unchanged otherwise.
  void written(const AppendPlan& plan, const Result<void>& outcome, env::WallTime now);
  // How long the active file has to be: after a failed write what lies behind is cut away.
  std::uint64_t active_end_position() const;

  // None when nothing would become durable by it, unless `record` asks for the slot as well, and
  // that is behind. Pre: no sync plan is out.
  std::optional<SyncPlan> plan_sync(bool record = false);
  // The slot could not be written: takes it out of the plan; the next one goes to the same place,
  // so that the good one stays. False: nothing else was to be made durable, drop the plan.
  bool slot_refused(SyncPlan& plan);
  // The durable end moves here. Plans of another generation change nothing.
  void synced(const SyncPlan& plan, const Result<void>& outcome);
  // Whether the greatest slot on disk says less than what is durable.
  bool record_is_behind() const;

  // Where a batch begins: what the shell found by reading.
  struct CutPoint {
    Offset end;
    std::uint64_t position = 0;       // In the segment that holds it.
    std::int64_t max_timestamp = -1;  // Of that segment's batches in front of it.
  };
  // Bumps the generation; the readable and the durable end and the views fall at once, and the
  // log's start where the batch that it is in the middle of goes. Pre: the end is in the log and
  // before readable_end(); no append plan is out.
  TruncatePlan plan_truncate(CutPoint at);
  // The log is empty and goes on at `start`, in a segment that the shell made and synced, holding
  // reset_slot(). Returns the segments to remove. Pre: start >= readable_end(); no append plan is
  // out.
  std::vector<SegmentFilePtr> reset(Offset start, SegmentFilePtr first);
  DurableSlot reset_slot(Offset start) const;

  // Another role begins: completions of syncs planned before are dropped. An append plan that is
  // out still counts: its bytes are in the file and go on being the log's end.
  void bump_generation();
  // What the slot will say; never goes back but by truncation.
  void set_high_watermark(Offset high_watermark);
  // Pre: start <= readable_end(). Records below are not readable from now on.
  void set_log_start(Offset start);
  // Whole segments below `start`, which leave the log here; the active one never does, nor one that
  // is followed by one of which a power cut may leave nothing. The shell
  // removes their files, once a checkpoint that covers them is durable. Pre: start <= log_start().
  std::vector<SegmentFilePtr> release_below(Offset start);

  Offset log_start() const { return log_start_; }
  Offset readable_end() const { return readable_end_; }
  Offset durable_end() const { return durable_end_; }
  Offset high_watermark() const { return high_watermark_; }
  std::uint64_t generation() const { return generation_; }
  const EpochStarts& epochs() const { return epochs_; }
  // Made anew after a change, shared otherwise.
  LogViewPtr view() const;
  const LogOptions& options() const { return options_; }
  void set_options(const LogOptions& options) { options_ = options; }

 private:
  struct Segment {
    SegmentFilePtr file;
    Offset end;
    std::uint64_t end_position = kSegmentHeaderBytes;
    std::uint64_t synced_position = 0;  // Of the file; 0 when nothing of it is known to be synced.
    OffsetIndex index;
    std::size_t next_slot = 0;
    RecentEnds recent_ends;
    SegmentViewPtr sealed_view;  // Once it is not the last any more.
  };
  SegmentViewPtr view_of(const Segment& segment) const;
  DurableSlot slot_now() const;
  void changed() { view_.reset(); }
  bool directory_dirty() const { return segments_entered_ < segments_made_; }

  LogOptions options_;
  std::vector<Segment> segments_;
  mutable std::shared_ptr<const std::vector<SegmentViewPtr>> sealed_;  // Null: to be made again.
  mutable LogViewPtr view_;
  Offset log_start_;
  Offset readable_end_;
  Offset durable_end_;
  Offset high_watermark_;
  std::uint64_t generation_ = 0;
  EpochStarts epochs_;
  env::WallTime last_append_{};
  DurableSlot recorded_;  // The greatest slot that is synced.
  std::uint64_t segments_made_ = 0;
  std::uint64_t segments_entered_ = 0;  // Those whose directory entry is synced.
  bool append_out_ = false;
};

}  // namespace ropewalk::log
