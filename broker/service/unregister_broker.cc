#include "broker/service/unregister_broker.h"

#include <utility>

#include "broker/service/partition_refs.h"
#include "broker/service/propose.h"

namespace ropewalk::service {

Task<Result<Offset>> UnregisterBroker::handle(security::RequestContext context, BrokerId broker) {
  CO_TRY_VOID(may_operate(parts_, context, security::Operation::alter));
  metadata::UnregisterBroker event;
  event.broker = broker;
  CO_TRY(const Decided decided, co_await propose_one(parts_, std::move(event), context.deadline));
  co_return decided.offset;
}

}  // namespace ropewalk::service
