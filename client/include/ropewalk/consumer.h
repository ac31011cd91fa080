// Reads records of partitions that it was told to read, fetching ahead within a budget.
//
// One thread at a time, outside callbacks; statistics() on any. Positions are kept here and nowhere
// else.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "ropewalk/client.h"
#include "ropewalk/statistics.h"
#include "ropewalk/types.h"

namespace ropewalk {

namespace client {
class ConsumerShell;
}

// Where to read when a partition has no position, or one that it no longer (or not yet) has. Where
// a broker has lost records that were read already, reading goes on where they began; with `fail`,
// poll() says so.
enum class OffsetReset : std::uint8_t { earliest, latest, fail };

struct ConsumerOptions {
  OffsetReset offset_reset = OffsetReset::earliest;
  // A broker answers a fetch when this much is there, or after this long.
  std::size_t fetch_bytes_min = 1;
  std::chrono::milliseconds fetch_wait_max{500};
  // Of one answer, and of one partition in it. One whole batch always comes.
  std::size_t fetch_bytes_max = 8 << 20;
  std::size_t partition_fetch_bytes_max = 1 << 20;
  // Of records that were fetched and not polled yet.
  std::size_t prefetch_bytes = 32 << 20;
  // Of the records of one batch, decompressed.
  std::size_t batch_bytes_max = 64 << 20;
  // Of one poll: records, and bytes of their keys, values and headers. One record always comes.
  std::size_t poll_records_max = 10'000;
  std::size_t poll_bytes_max = 64 << 20;
  // Sees what poll() is about to give, on its thread. An exception is logged and counted
  // (ClientStatistics::callback_failures); the records are given all the same.
  std::function<void(const Records& records)> on_consumed = {};
};

class Consumer {
 public:
  Consumer(Client& client, ConsumerOptions options = {});
  ~Consumer();
  Consumer(Consumer&&) noexcept;
  Consumer& operator=(Consumer&&) noexcept;

  // Reads exactly these from now on, each from where it was, or from where offset_reset says.
  // Errors: invalid_request (one partition twice, or a negative one); trying again does not help.
  Result<void> assign(std::vector<PartitionName> partitions);
  // All partitions that the topic has now. Errors: unknown_topic_or_partition (trying again helps
  // if somebody is about to make it), request_timed_out (it helps), closed (it does not).
  Result<void> assign_topic(const std::string& topic);
  std::vector<PartitionName> assignment() const;

  // Where to read next. Records that were fetched but not polled are dropped. Errors:
  // invalid_request (not assigned, a negative offset); trying again does not help.
  Result<void> seek(const PartitionName& partition, std::int64_t offset);
  Result<void> seek_to_beginning(const PartitionName& partition);
  Result<void> seek_to_end(const PartitionName& partition);
  // At the first record of that time or later; where there is none, at the end as it is when the
  // broker is asked, which happens behind the call: what fails there, poll() says.
  Result<void> seek_to_time(const PartitionName& partition, Timestamp from);

  // poll() gives nothing of these until they are resumed, and no more is fetched of them. What was
  // fetched already waits, unless its memory is needed for others; then it is fetched again. Stays
  // as long as the partition is assigned, also over seeks. Pausing twice is fine. Errors:
  // invalid_request (one that is not assigned: nothing changes); trying again does not help.
  Result<void> pause(const std::vector<PartitionName>& partitions);
  Result<void> resume(const std::vector<PartitionName>& partitions);
  std::vector<PartitionName> paused() const;

  // Waits until there are records, at most for the timeout: then none is no error. Errors:
  // offset_out_of_range (with OffsetReset::fail), corrupt_message (a damaged batch), and what a
  // broker says for good, such as unknown_topic_or_partition, each naming the partition; the other
  // partitions are served by the next poll. What can pass is tried again inside. Polling again goes
  // on with the others and tries that partition again, except after offset_out_of_range, which
  // needs a seek; closed is for good.
  Result<Records> poll(std::chrono::nanoseconds timeout);

  // Offset of the record that poll() will give next. Where that is still to be found out (no
  // position yet, or seek_to_...) it is asked for. Errors: invalid_request (not assigned), closed;
  // trying again does not help; request_timed_out: it does.
  Result<std::int64_t> position(const PartitionName& partition);

  // Of the partitions, in their order: the first offset that there is, and one past the last that
  // may be read now. They need not be assigned. Errors: request_timed_out (trying again helps), the
  // broker's (as is_retriable() says), closed (it does not).
  Result<std::vector<std::int64_t>> beginning_offsets(const std::vector<PartitionName>& of);
  Result<std::vector<std::int64_t>> end_offsets(const std::vector<PartitionName>& of);

  ConsumerStatistics statistics() const;

  // Stops fetching; what was fetched is gone. Waits for nothing: a consumer leaves nothing undone.
  void close();

 private:
  std::shared_ptr<client::ConsumerShell> shell_;
};

}  // namespace ropewalk
