#include "client/src/core/producer_batch.h"

namespace ropewalk::client {

Result<void> seal(ProducerBatch& batch, Codec codec, std::optional<int> level) {
  if (batch.sealed.empty()) {
    TRY(auto bytes, batch.builder.finish_bytes(codec, batch.stamp, level));
    // Without a codec the batch leaves in the memory that it was built in, and that comes back
    // when it is delivered. Packed bytes have memory of their own size.
    if (codec == Codec::none) {
      batch.sealed = BufferPool::lend(batch.memory, std::move(bytes));
    } else {
      batch.sealed = SharedBytes(std::move(bytes));
      batch.memory->give(batch.builder.take_memory());
    }
  } else if (batch.sealed_as.id != batch.stamp.id || batch.sealed_as.epoch != batch.stamp.epoch ||
             batch.sealed_as.base_sequence != batch.stamp.base_sequence) {
    batch.sealed = restamp_producer(batch.sealed.span(), batch.stamp);
  }
  batch.sealed_as = batch.stamp;
  return {};
}

}  // namespace ropewalk::client
