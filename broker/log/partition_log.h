// One partition's log with its files: what replication and the quorum hold.
//
// Lives in its owner's Serial (or on the quorum's one core): every function is called inside it,
// none suspends. Appends are written in place by flush(), which the owner calls at the end of a
// drain; while a segment is being made, a cut runs or a failed write is cleared away, appends only
// collect. Completions come back into the Serial by LogPlace::enter and reach the owner as
// LogListener calls. Readers take view() and read outside (log_read.h).
//
// After log_failed() nothing but view() and close() may be called: the files are as they are, and a
// sync is never tried again (R11).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/log/blocks_ahead.h"
#include "broker/log/checkpoint.h"
#include "broker/log/directory_syncer.h"
#include "broker/log/home_tasks.h"
#include "broker/log/log.h"
#include "broker/log/recovery.h"
#include "broker/log/retry_schedule.h"
#include "broker/log/unsynced_bytes.h"
#include "common/env/environment.h"
#include "common/log.h"
#include "common/queue.h"

namespace ropewalk::log {

// The owner's side. All calls come inside the Serial, never inside a call of the owner's own but
// for flush(), which may call log_written() and log_failed().
class LogListener {
 public:
  virtual ~LogListener() = default;
  virtual void log_written() = 0;  // readable_end() moved up.
  virtual void log_synced() = 0;   // durable_end() moved up.
  virtual void log_rolled() = 0;   // A segment is complete: a good time for checkpoint().
  // What was appended from `from` on is not in the log and next_offset() is back there: the disk is
  // full. The log goes on.
  virtual void log_append_refused(Offset from, const Error& error) = 0;
  virtual void log_failed(const Error& error) = 0;
  // A truncation waits for file ranges that are still being sent. Connections that hold some of
  // these are closed where they are looked after (env::is_wanted_back).
  virtual void log_pins_overdue() = 0;
};

// Where a log lives and whose help it has. What it refers to outlives the log.
struct LogPlace {
  env::Environment& environment;
  env::FileSystem& files;
  HomeTasks& tasks;
  DirectorySyncer& syncer;
  DirectoryMetrics& metrics;
  UnsyncedBytes& unsynced;
  std::string folder;
  TopicPartition partition;
  // Runs the job inside the owner's Serial, soon or at once; from any core. Holds the owner weakly:
  // the job is destroyed when the owner is gone.
  std::function<void(env::Job)> enter;
  // Called when a write or a sync failed in a way that the whole disk may. From any core; may be
  // empty.
  std::function<void(const Error&)> disk_failed;
  // Called when the first files are synced, before the first durable end counts (the replicas
  // journal). May be empty.
  std::function<Task<Result<void>>()> mark_has_data;
};

class PartitionLog : public std::enable_shared_from_this<PartitionLog> {
 public:
  using Done = std::move_only_function<void(Result<void>)>;

  // `listener` is told until close(); it outlives this object or calls close() first.
  static std::shared_ptr<PartitionLog> make(LogPlace place, LogOptions options,
                                            RecoveredLog recovered, LogListener& listener);
  ~PartitionLog();

  // Takes the batch; next_offset() moves. Pre: batch.base_offset() == next_offset(), its epoch is
  // not below the last one, no truncate() or reset() is out.
  void append(StampedBatch batch);
  // Writes what was appended, as one gathered write a segment, and asks for the sync that the
  // options want.
  void flush();
  // Asks for a sync of all that is written (whatever the options say).
  void request_sync();

  // Ends the active segment, if it holds anything, so that all its records can be removed. Takes
  // effect when the work that runs has ended; told by log_rolled().
  void roll();

  Offset next_offset() const { return next_offset_; }  // With what waits to be written.
  Offset log_start() const { return log_.log_start(); }
  Offset readable_end() const { return log_.readable_end(); }
  Offset durable_end() const { return log_.durable_end(); }
  std::uint64_t generation() const { return log_.generation(); }
  const EpochStarts& epochs() const { return log_.epochs(); }
  const LogOptions& options() const { return log_.options(); }
  LogViewPtr view() const { return log_.view(); }
  bool failed() const { return failed_; }
  // Of its whole directory.
  UnsyncedBytes& unsynced() { return place_.unsynced; }
  DirectoryMetrics& metrics() { return place_.metrics; }

  // Recorded with the next sync; at or below readable_end().
  void set_high_watermark(Offset high_watermark) { log_.set_high_watermark(high_watermark); }
  void set_options(const LogOptions& options);
  // A change of role: completions of syncs asked for before are dropped (they are asked for again).
  // What was appended stays the log's end.
  void bump_generation();

  // Cuts the log at the batch that holds `end` (or begins there); it takes effect when the work
  // that runs has ended, and `done` runs inside once it is durable. What waits to be written is
  // dropped at once. Errors: offset_out_of_range (below the log's start), io_error, corrupt.
  void truncate(Offset end, Done done);
  // Throws all records away and goes on at `start`. Pre: start >= readable_end().
  void reset(Offset start, Done done);

  // Records below are gone for readers at once; their files after the next checkpoint().
  // Pre: start <= high watermark.
  void set_log_start(Offset start);
  // Stores the checkpoint, unless the stored one says the same, as soon as everything below
  // `offset` is durable here, then removes segments below the log's start. The log fills in log
  // start, epochs and high watermark. Pre: offset <= high watermark. One at a time: a call while
  // one runs replaces the one that waits, which ends with `cancelled`. A full disk leaves the log
  // as it was; a write or sync that fails ends it (R11).
  void checkpoint(Offset offset, std::string producer_state, Done done);
  // To be asked once a look of retention: whether a full disk kept segments below the log's start
  // from being removed, and it is time for another checkpoint(), which tries again.
  bool removal_is_due();

  // Its disk is not to be trusted any more: as if a sync had failed.
  void disk_failed(const Error& error) { fail_log(error); }

  // Syncs everything, records it and stores the index of the active segment; then nothing is told
  // or written any more. Pre: no call follows but view(). `done` runs inside.
  void close(Done done);

 private:
  PartitionLog(LogPlace place, LogOptions options, RecoveredLog recovered, LogListener& listener);

  // A cut or a reset: nothing is written or synced while one runs.
  struct Operation {
    Offset target;
    bool reset = false;
    Done done;
  };
  struct WaitingCheckpoint {
    Checkpoint content;
    Done done;
  };
  using Self = std::shared_ptr<PartitionLog>;

  // Inside the Serial.
  void go_on();  // Something ended: starts what waits.
  void append_ended(AppendPlan plan, Result<void> outcome);
  void start_roll();
  void clear_failed_write(AppendPlan plan, Error error);
  void start_sync(bool record);
  void sync_ended(const SyncPlan& plan, const Result<void>& outcome);
  void start_operation();
  void cut_found(Result<Log::CutPoint> cut);
  void operation_ended(Result<void> outcome);
  void start_checkpoint();
  void release_segments();
  void checkpoint_ended(CheckpointMark stored, Result<void> outcome);
  void removal_failed();
  void removal_ended(std::size_t count, const Result<void>& outcome);
  void go_on_closing();
  void count_synced(std::uint64_t bytes);
  void complete_later(SegmentViewPtr segment);
  void reserve_ahead(const LogViewPtr& view);
  void watch_for_quiet();
  void fail_log(const Error& error);
  env::MonotonicTime now() const { return place_.environment.now(); }

  // On the home core, outside.
  static Task<void> create_and_write(Self self, AppendPlan plan, bool first);
  static Task<Result<void>> create_and_write_all(Self self, AppendPlan& plan, bool first);
  static Task<void> cut_back(Self self, AppendPlan plan, std::uint64_t active_end, Error error);
  static Task<void> find_place_to_cut(Self self, LogViewPtr view, Offset end);
  static Task<void> cut(Self self, TruncatePlan plan, env::Duration pins_grace);
  static Task<Result<void>> cut_all(Self self, TruncatePlan plan, env::Duration pins_grace);
  static Task<void> make_for_reset(Self self, Offset start, DurableSlot slot, bool first);
  static Task<Result<SegmentFilePtr>> make_first(Self self, Offset start,
                                                 std::optional<DurableSlot> slot);
  static Task<void> remove_after_reset(Self self, std::vector<SegmentFilePtr> gone);
  static Task<void> store(Self self, Checkpoint checkpoint);
  static Task<void> remove_released(Self self, std::vector<SegmentFilePtr> gone);
  static Task<void> reserve(Self self, SegmentFilePtr file, BlocksAhead::Range range);
  static Task<void> complete_segment(Self self, SegmentViewPtr segment);
  static Task<void> finish_closing(Self self, SegmentViewPtr active);

  LogPlace place_;
  LogListener* listener_;
  Log log_;
  Offset next_offset_;
  std::vector<StampedBatch> waiting_;  // Appended, not written.
  BlocksAhead blocks_ahead_;
  int completing_ = 0;  // Sealed segments that are being completed; none may be cut meanwhile.
  bool busy_ = false;   // Files are being made, cut or cleared.
  bool roll_wanted_ = false;
  std::uint64_t unsynced_bytes_ = 0;  // Written; all that place_.unsynced has of this log.
  std::uint64_t syncing_bytes_ = 0;   // Of these, what the sync that is out covers.
  bool sync_out_ = false;
  bool sync_wanted_ = false;
  bool quiet_watched_ = false;
  bool failed_ = false;
  bool closing_ = false;
  Done closed_;
  env::MonotonicTime last_write_{};
  Queue<Operation> operations_;  // The first one runs, if operating_.
  bool operating_ = false;
  std::optional<CheckpointMark> stored_checkpoint_;  // Segments below its log start may go.
  std::optional<WaitingCheckpoint> waiting_checkpoint_;
  Done checkpoint_done_;
  bool checkpoint_out_ = false;
  std::vector<SegmentFilePtr> unremoved_;  // Below the log's start, the first first.
  bool removing_ = false;
  bool removal_waits_ = false;  // For removal_is_due().
  RetrySchedule removal_retries_;
  LogLimit disk_full_;
};

}  // namespace ropewalk::log
