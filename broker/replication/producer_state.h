// What a partition remembers of its idempotent producers (R9, kafka-facts.md 2.4 step 7).
//
// Of each producer id the newest epoch and its last five batches, committed or not, so that a retry
// is stored once and answered with the original's offset. Pure; used inside its partition only.
//
// Batches are recorded before they are written: record() each, then keep() once they are in the
// log, or undo() when the write failed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "broker/replication/refused_sequences.h"
#include "broker/replication/sequenced.h"
#include "common/error.h"
#include "common/ids.h"
#include "common/queue.h"
#include "common/records/batch_header.h"

namespace ropewalk::replication {

// Where a batch went.
struct Placed {
  Offset base_offset;
  std::int64_t append_time_ms = -1;  // What the first answer said: -1 unless log-append time.
  std::int32_t record_count = 0;
  Offset next_offset() const { return base_offset + record_count; }
  bool operator==(const Placed&) const = default;
};

class ProducerState {
 public:
  static constexpr std::size_t kBatchesPerProducer = 5;

  // Beyond `producers_max` the producers that have been silent for longest (by offset) are
  // forgotten; forgotten ones may go on with any sequence.
  explicit ProducerState(std::size_t producers_max);

  // Nothing: the batch is new. A value: it is a retry of the batch placed there.
  // Errors: out_of_order_sequence_number, invalid_producer_epoch; and where an earlier batch of the
  // pipeline was refused, that refusal's (refused_sequences.h).
  // Pre: batch.is_idempotent(), record_count > 0, first_sequence >= 0.
  Result<std::optional<Placed>> check(const Sequenced& batch);

  // The partition refused the batch for now, without asking check(). Pre: is_retriable(code).
  void refused(const Sequenced& batch, Errc code);

  // Pre: check() said that it is new (recovery: the log holds it, whatever it says).
  void record(const Sequenced& batch, Placed placed);
  // The same of a batch that has its place already: in the log, or coming from the leader. One
  // without a producer, and a control batch, change nothing.
  void record(const BatchHeader& header);
  // What lies below `end` is in the log.
  void keep(Offset end);
  // What was recorded at or beyond `from` and not kept is not in the log: exactly as it was before,
  // but that the batches were refused with `code`. Pre: is_retriable(code).
  void undo(Offset from, Errc code);

  // Forgets what is at or beyond `end`. False: of a producer all that was remembered went, and it
  // may have sent something before; who wants to know reads that (rebuild_producers.h).
  [[nodiscard]] bool truncate_to(Offset end);
  // The log begins anew, without a record.
  void clear();

  bool knows(ProducerId producer) const { return producers_.contains(producer); }
  std::size_t producers_max() const { return producers_max_; }
  std::size_t producer_count() const { return producers_.size(); }

  // For a checkpoint that stands at `end`: what lies below; recovery reads the rest from the log.
  // Versioned, the same bytes for the same state.
  std::string encode(Offset end) const;
  // Replaces the state. Errors: corrupt, which leaves it as it was.
  Result<void> decode(std::string_view snapshot);

  bool operator==(const ProducerState& other) const { return producers_ == other.producers_; }

 private:
  struct Batch {
    std::int32_t first_sequence = 0;
    Placed placed;
    std::int32_t next_sequence() const {
      return sequence_after(first_sequence, placed.record_count);
    }
    bool operator==(const Batch&) const = default;
  };
  struct Producer {
    ProducerEpoch epoch = kNoProducerEpoch;
    std::uint32_t count = 0;  // Used batches, oldest first.
    std::array<Batch, kBatchesPerProducer> batches{};
    const Batch& newest() const { return batches[count - 1]; }
    void push(const Batch& batch);
    std::uint32_t count_below(Offset end) const;
    bool operator==(const Producer& other) const;
  };

  std::optional<Placed> in_order(const Sequenced& batch);
  std::unexpected<Error> out_of_order(const Sequenced& batch, std::string why);
  void forget_silent();
  void take_back(Offset from);

  const std::size_t producers_max_;
  std::unordered_map<ProducerId, Producer> producers_;
  // What was there before each batch that is not in the log yet, in order.
  struct Before {
    Offset base_offset;
    Sequenced batch;
    std::optional<Producer> producer;
  };
  Queue<Before> before_;
  RefusedSequences refused_;
};

}  // namespace ropewalk::replication
