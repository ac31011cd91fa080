// What a consumer knows of its partitions: where each stands, what was fetched and not yet polled,
// what to ask for next.
//
// Two positions a partition: the application's (the next record that poll() gives) and the one of
// the next fetch, ahead of it. Seeking or assigning starts a new generation; answers of an older
// one are dropped. Pure; under the consumer's mutex, entered by the application (assign, seek,
// take) and by the client's core (the rest).
//
// A paused partition is not fetched and what was fetched of it stays, but gives way when the budget
// does not reach for the others: it is fetched again after resume().
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/bytes.h"
#include "common/env/time.h"
#include "common/error.h"
#include "common/records/record_reader.h"
#include "ropewalk/consumer.h"

namespace ropewalk::client {

// One partition's share of a request, and how its answer finds back.
struct FetchItem {
  PartitionName partition;
  std::int64_t offset = 0;                      // To fetch from.
  std::optional<std::int32_t> last_epoch = {};  // That the record before it came under.
  bool again = false;  // What came from there on could not be read: whoever sends it looks at it.
  std::uint64_t generation = 0;
};
struct ResetItem {
  PartitionName partition;
  OffsetReset to = OffsetReset::earliest;
  std::optional<Timestamp> from_time = {};  // In place of `to`: the first record of then or later.
  std::uint64_t generation = 0;
};

class FetchState {
 public:
  explicit FetchState(const ConsumerOptions& options) : options_(options) {}

  // --- The application's side ---
  // Errors: invalid_request.
  Result<void> assign(const std::vector<PartitionName>& partitions);
  std::vector<PartitionName> assignment() const;
  Result<void> seek(const PartitionName& partition, std::int64_t offset);
  Result<void> seek_to(const PartitionName& partition, OffsetReset where);
  Result<void> seek_to_time(const PartitionName& partition, Timestamp from);
  // All or, with an error, none. Errors: invalid_request (one that is not assigned).
  Result<void> set_paused(const std::vector<PartitionName>& partitions, bool paused);
  std::vector<PartitionName> paused() const;
  // Nothing while it has to be found out. Errors: invalid_request (not assigned).
  Result<std::optional<std::int64_t>> position(const PartitionName& partition) const;
  // Whether take() would give records or an error.
  bool something_to_take() const;
  // Records that were fetched, up to poll_records_max and poll_bytes_max, and moves the positions
  // behind them. Errors: what went wrong with a partition, each once.
  Result<Records> take();
  ConsumerStatistics statistics() const;  // Without the requests.

  // --- The core's side ---
  // Partitions whose position has to be found; they count as being looked for.
  std::vector<ResetItem> begin_resets(env::MonotonicTime now);
  void reset_done(const ResetItem& item, std::int64_t offset);
  // Partitions to fetch from now, within the budget; they count as being fetched. Rotated, so that
  // none starves.
  std::vector<FetchItem> begin_fetches(env::MonotonicTime now);
  // `records`: whole batches, the first may begin before the offset asked for. Empty is fine.
  void fetched(const FetchItem& item, SharedBytes records);
  // The position is outside the log: finds a new one, or fails, after offset_reset. While records
  // in front of it wait to be polled it is asked for again at `again`.
  void out_of_range(const FetchItem& item, const Error& error, env::MonotonicTime again);
  // The log was cut after records had been read from it: up to `end` it holds what was read, the
  // last of it under `epoch`. Goes back there, or fails, after offset_reset; waits as above.
  void diverged(const FetchItem& item, std::int64_t end, std::int32_t epoch,
                env::MonotonicTime again);
  // To be tried again at `when`, fetch or reset.
  void retry(const PartitionName& partition, std::uint64_t generation, env::MonotonicTime when);
  // The application must know; then as retry().
  void failed(const PartitionName& partition, std::uint64_t generation, const Error& error,
              env::MonotonicTime again);
  // When a partition that had to wait may be tried again.
  env::MonotonicTime next_event_after(env::MonotonicTime now) const;

 private:
  struct Partition {
    std::shared_ptr<const std::string> topic;  // Records point into it.
    std::uint64_t generation = 0;
    std::optional<std::int64_t> position;
    std::int64_t fetch_offset = 0;
    // Of the records before these two, where they are known.
    std::optional<std::int32_t> position_epoch;
    std::optional<std::int32_t> fetch_epoch;
    OffsetReset reset = OffsetReset::earliest;  // How to find the position,
    std::optional<Timestamp> reset_time;        // unless by this.
    bool paused = false;
    bool busy = false;     // A request for it is on its way.
    bool stalled = false;  // Failed for good: until somebody seeks.
    // Where something was that could not be read.
    std::optional<std::int64_t> unreadable_at;
    std::size_t held_bytes = 0;
    env::MonotonicTime not_before{};
  };
  // What one fetch brought for one partition, taken from front to back.
  struct Chunk {
    PartitionName partition;
    std::uint64_t generation = 0;
    SharedBytes batches;
    std::size_t consumed = 0;              // Bytes of `batches` before the next batch.
    std::shared_ptr<RecordReader> reader;  // Of the batch that is being taken.
    std::optional<RecordView> left_over;   // Read from it, but the poll was full.
    std::int64_t next_offset = 0;          // Behind that batch.
    std::optional<std::int32_t> epoch;     // Of that batch.
  };
  struct Taking {
    std::vector<ConsumedRecord> records;
    std::vector<std::shared_ptr<const void>> owners;
    std::size_t bytes = 0;
    bool full = false;
  };

  Partition* find(const PartitionName& partition, std::uint64_t generation);
  void restart(Partition& partition, std::optional<std::int64_t> position,
               std::optional<std::int32_t> epoch = {});
  static void move_to(std::int64_t position, const Chunk& chunk, Partition& partition);
  void drop_chunk(std::size_t index);
  std::size_t shed_paused(std::size_t bytes);
  Result<bool> take_from(Chunk& chunk, Partition& partition, Taking& taking);
  Result<bool> open_batch(Chunk& chunk, Taking& taking);
  bool give(const RecordView& record, std::int32_t index, const std::string& topic, Taking& taking);

  const ConsumerOptions options_;
  std::map<PartitionName, Partition> partitions_;
  std::deque<Chunk> chunks_;
  std::deque<Error> errors_;
  std::size_t held_bytes_ = 0;
  std::uint64_t last_generation_ = 0;
  std::size_t rotation_ = 0;
  ConsumerStatistics counted_;
};

}  // namespace ropewalk::client
