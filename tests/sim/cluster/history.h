// What clients of a cluster sent, were answered and have read, and whether it all agrees (R4, R9,
// and what a user is promised).
//
// Every record has a value of its own, "producer/partition/number/...", kept over all retries. What
// producers and readers see is told here as it happens; what contradicts something earlier is found
// at once, what is missing in the end by `finish`. Partitions count from 0 over all topics. Nothing
// is ever let go of in them, so that the offset is the place in a partition's list of records.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/env/time.h"
#include "common/error.h"
#include "ropewalk/types.h"

namespace ropewalk::testing {

// What a producer may rely on for what was acknowledged to it.
enum class Promise {
  once,    // It is kept, and everything it sent is stored at most once and in order.
  kept,    // It is kept; perhaps twice. Acknowledged records stand in order.
  leader,  // It may be lost with the leader.
};

using ProducerNumber = std::size_t;
using ReaderNumber = std::size_t;

class History {
 public:
  using Time = env::Duration;  // Of the world.
  History(std::size_t partitions, std::function<Time()> now)
      : now_(std::move(now)), stored_(partitions), ends_(partitions) {}

  ProducerNumber add_producer(Promise promise);
  ReaderNumber add_reader();

  // The value of the producer's next record for the partition, which is about to be sent.
  std::string send(ProducerNumber producer, std::size_t partition, std::size_t padding);
  void decided(std::string_view value, const Result<Delivered>& result);
  // A reader, which began at offset 0, was given this; each partition in the order of giving.
  void read(ReaderNumber reader, std::size_t partition, std::int64_t offset,
            std::string_view value);
  // A reader that asks for what there must be is told an error that does not pass.
  void reading_failed(ReaderNumber reader, const Error& error);
  // A broker, asked at `asked`, said that the partition can be read up to there. It may be a leader
  // that was deposed and does not know it, but not for longer than its lease (R8): what others were
  // told before that counts.
  void end_told(std::size_t partition, std::int64_t end, Time asked);
  // A description of the cluster names the leader of an epoch (R1); -1 is none.
  void leader_told(std::size_t partition, std::int32_t epoch, std::int32_t leader);

  // When a reader has read everything to the end: what was acknowledged is there.
  void finish();

  // What is wrong, if something is: the first few things.
  const std::vector<std::string>& wrong() const { return wrong_; }

  std::uint64_t sent() const { return sent_count_; }
  std::uint64_t acknowledged() const { return acknowledged_; }
  std::uint64_t failed() const { return failed_; }
  std::uint64_t undecided() const { return sent_count_ - acknowledged_ - failed_; }
  std::uint64_t elections() const { return elections_; }
  // Where the partition ends at least, as somebody was told or has read.
  std::int64_t end(std::size_t partition) const;
  std::int64_t next_offset(ReaderNumber reader, std::size_t partition) const;
  // Why records failed, and how often.
  const std::map<std::string, std::uint64_t>& failures() const { return failures_; }

 private:
  struct Sent {
    std::string value;
    std::int64_t offset = -1;  // As acknowledged.
    bool decided = false;
    std::uint32_t copies = 0;  // That were read, at different offsets.
  };
  struct Name {
    ProducerNumber producer = 0;
    std::size_t partition = 0;
    std::size_t number = 0;
  };
  struct Producer {
    Promise promise;
    std::vector<std::vector<Sent>> sent;  // By partition.
  };

  static bool parse(std::string_view value, Name& name);
  Sent* find(std::string_view value, std::size_t partition);
  std::int64_t read_end(std::size_t partition) const;
  void first_read(std::size_t partition, std::string_view value);
  void check_order(std::size_t partition);
  void ends_at(std::size_t partition, std::int64_t end);
  void add_wrong(std::string what);

  const std::function<Time()> now_;
  std::vector<Producer> producers_;
  std::vector<std::vector<std::int64_t>> readers_;  // The next offset, by partition.
  std::vector<std::vector<std::string>> stored_;    // What was read, by partition and offset.
  struct End {
    Time since{};
    std::int64_t offset = 0;
  };
  std::vector<std::vector<End>> ends_;  // By partition, as they grew: told, or read up to.
  std::map<std::pair<std::size_t, std::int32_t>, std::int32_t> leaders_;
  std::map<std::string, std::uint64_t> failures_;
  std::vector<std::string> wrong_;
  std::uint64_t sent_count_ = 0;
  std::uint64_t acknowledged_ = 0;
  std::uint64_t failed_ = 0;
  std::uint64_t elections_ = 0;
};

}  // namespace ropewalk::testing
