// The produces of one connection that follow a refused one: refused too, until that one comes
// again.
//
// Several batches of an idempotent producer are under way at once. When the first is refused before
// it reaches its partition (this broker is only starting, a budget is used up), nothing at the
// partition knows of it; so the connection remembers (R9, refused_sequences.h). The refused batch
// may be stored by another leader meanwhile, though, and what follows it come back here: a
// partition that knows the producer knows better.
//
// On the connection's core. Bounded: beyond 4,096 partitions an arbitrary one is forgotten.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>

#include "broker/replication/refused_sequences.h"
#include "broker/replication/sequenced.h"
#include "common/error.h"
#include "common/uuid.h"

namespace ropewalk::service {

// A partition as the request named it: by the topic's id or by its name.
struct PipelineKey {
  std::string topic_name;
  TopicId topic;
  std::int32_t partition = 0;
  auto operator<=>(const PipelineKey&) const = default;
};

class PipelineGate {
 public:
  // Errors, for a partition that does not know the producer: that of the refused batch which this
  // one follows, or out_of_order_sequence_number. Pre: batch.is_idempotent().
  Result<void> pass(const PipelineKey& partition, const replication::Sequenced& batch);

  // The answer to a batch is an error. Heeds those after which it may be sent again.
  // Pre: batch.is_idempotent().
  void refused(const PipelineKey& partition, const replication::Sequenced& batch, Errc code);
  // The partition has a batch of that producer: it knows it from now on.
  void stored(const PipelineKey& partition, const replication::Sequenced& batch);

 private:
  std::map<PipelineKey, replication::RefusedSequences> refused_;
};

}  // namespace ropewalk::service
