#include "client/src/core/producer_batch.h"

namespace ropewalk::client {

Result<void> seal(ProducerBatch& batch, Codec codec, std::optional<int> level) {
  if (batch.sealed.empty()) {
    TRY(batch.sealed, batch.builder.finish(codec, batch.stamp, level));
  } else if (batch.sealed_as.id != batch.stamp.id || batch.sealed_as.epoch != batch.stamp.epoch ||
             batch.sealed_as.base_sequence != batch.stamp.base_sequence) {
    batch.sealed = restamp_producer(batch.sealed.span(), batch.stamp);
  }
  batch.sealed_as = batch.stamp;
  return {};
}

}  // namespace ropewalk::client
