// Where the refused pipelines of idempotent producers begin.
//
// A producer with several batches under way that had the first refused (nobody leads here yet, the
// disk is full) must not have the second stored: of a producer without state any first sequence is
// taken, so the order would be lost (R9). What follows a refused batch is refused with its error
// until that batch is sent again, so that sending all of them again in order works. Told that they
// are out of order, librdkafka would begin a new epoch instead, and store what was stored and not
// answered yet once more. A follower that comes a second time
// without it is out of order: its producer has given the first up, and needs a new epoch.
//
// Pure; belongs to one connection's produces to one partition, or to one partition.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

#include "broker/replication/sequenced.h"
#include "common/error.h"
#include "common/ids.h"

namespace ropewalk::replication {

class RefusedSequences {
 public:
  // Beyond `producers_max` those with the smallest ids are forgotten.
  explicit RefusedSequences(std::size_t producers_max) : producers_max_(producers_max) {}

  // The batch was not stored; sent again it may be. Pre: batch.is_idempotent(), is_retriable(code).
  void refused(const Sequenced& batch, Errc code);

  // Why this batch must be refused too, if it must: the error of the one that it follows, or
  // out_of_order_sequence_number. Pre: batch.is_idempotent().
  std::optional<Error> refuses(const Sequenced& batch);

  void forget(ProducerId producer) { refused_.erase(producer); }
  bool empty() const { return refused_.empty(); }

 private:
  struct Refused {
    ProducerEpoch epoch;
    std::int32_t first;  // Must come again before what follows it.
    std::int32_t last;   // The latest that was refused.
    Errc code;
  };

  const std::size_t producers_max_;
  std::map<ProducerId, Refused> refused_;
};

}  // namespace ropewalk::replication
