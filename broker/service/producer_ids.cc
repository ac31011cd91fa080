#include "broker/service/producer_ids.h"

#include <utility>

#include "broker/metadata/metadata_view.h"
#include "broker/service/propose.h"

namespace ropewalk::service {

ProducerIds::ProducerIds(const Parts& parts)
    : parts_(parts), blocks_(parts.environment.core_count()) {}

Task<Result<ProducerId>> ProducerIds::next(env::MonotonicTime deadline) {
  Block& block = blocks_[parts_.environment.current_core().index()];
  if (block.next >= block.end) {
    const metadata::BrokerRegistration* const self = parts_.metadata.get()->broker(parts_.self);
    if (self == nullptr) co_return fail(Errc::fenced_broker, "this broker is not registered yet");
    metadata::AllocateProducerIds event{.broker = parts_.self, .epoch = self->epoch};
    CO_TRY(const auto decided, co_await propose_one(parts_, event, deadline));
    const auto& given = std::get<metadata::ProducerIdBlock>(decided.answer);
    // Somebody else of this core may have got a block meanwhile; then this one is left unused.
    if (block.next >= block.end)
      block = {.next = given.first, .end = ProducerId(given.first.value() + given.count)};
  }
  co_return std::exchange(block.next, block.next.next());
}

}  // namespace ropewalk::service
