#include "broker/service/set_drained.h"

#include <utility>

#include "broker/metadata/broker_settings.h"
#include "broker/service/partition_refs.h"
#include "broker/service/propose.h"

namespace ropewalk::service {

Task<Result<Offset>> SetDrained::handle(security::RequestContext context, BrokerId broker,
                                        bool drained) {
  CO_TRY_VOID(may_operate(parts_, context, security::Operation::alter));
  metadata::ConfigChange change;
  change.scope = broker;
  change.key = metadata::kDrained;
  if (drained) change.value = metadata::kIsDrained;
  metadata::SetConfigs event;
  event.changes.push_back(std::move(change));
  CO_TRY(const Decided decided, co_await propose_one(parts_, std::move(event), context.deadline));
  co_return decided.offset;
}

}  // namespace ropewalk::service
