// What operators ask for (replicas.proto).
#include <utility>

#include "broker/listeners/native/caught_up.h"
#include "broker/listeners/native/common_messages.h"
#include "broker/listeners/native/replica_messages.h"
#include "broker/listeners/native/serve.h"

namespace ropewalk::native {

Task<void> serve(Shared& shared, Call call, v1::ElectLeadersRequest message) {
  const bool go_on = co_await caught_up(shared, call);
  if (!go_on) co_return;
  auto request = read_elect_leaders(message);
  if (failed(call, request)) co_return;
  const auto elections =
      co_await shared.uses.elect_leaders.handle(call.context, std::move(*request));
  if (failed(call, elections)) co_return;
  call.reply_in_part(write_elections(elections->partitions), first_error(elections->partitions),
                     elections->metadata_offset);
}

Task<void> serve(Shared& shared, Call call, v1::AlterReassignmentsRequest message) {
  const bool go_on = co_await caught_up(shared, call);
  if (!go_on) co_return;
  auto request = read_alter_reassignments(message);
  if (failed(call, request)) co_return;
  const auto altered =
      co_await shared.uses.alter_reassignments.handle(call.context, std::move(*request));
  if (failed(call, altered)) co_return;
  call.reply_in_part(write_altered(altered->partitions), first_error(altered->partitions),
                     altered->metadata_offset);
}

Task<void> serve(Shared& shared, Call call, v1::ListReassignmentsRequest) {
  const bool go_on = co_await caught_up(shared, call);
  if (!go_on) co_return;
  const auto running = shared.uses.list_reassignments.handle(call.context, std::nullopt);
  if (failed(call, running)) co_return;
  call.reply(write_reassignments(running->partitions), running->metadata_offset);
}

Task<void> serve(Shared& shared, Call call, v1::DescribeReplicasRequest message) {
  const bool go_on = co_await caught_up(shared, call);
  if (!go_on) co_return;
  auto request = read_describe_replicas(message);
  if (failed(call, request)) co_return;
  const auto told =
      co_await shared.uses.describe_replicas.handle(call.context, std::move(*request));
  call.reply_in_part(write_replicas(message, told), first_error(told));
}

Task<void> serve(Shared& shared, Call call, v1::PlanDrainRequest message) {
  const bool go_on = co_await caught_up(shared, call);
  if (!go_on) co_return;
  const auto plan = shared.uses.plan_drain.handle(call.context, BrokerId(message.broker_id()));
  if (failed(call, plan)) co_return;
  call.reply(write_plan(*plan), plan->metadata_offset);
}

Task<void> serve(Shared& shared, Call call, v1::UnregisterBrokerRequest message) {
  const bool go_on = co_await caught_up(shared, call);
  if (!go_on) co_return;
  const auto gone =
      co_await shared.uses.unregister_broker.handle(call.context, BrokerId(message.broker_id()));
  if (failed(call, gone)) co_return;
  call.reply(v1::UnregisterBrokerResponse(), *gone);
}

Task<void> serve(Shared& shared, Call call, v1::SetDrainedRequest message) {
  const bool go_on = co_await caught_up(shared, call);
  if (!go_on) co_return;
  const auto set = co_await shared.uses.set_drained.handle(
      call.context, BrokerId(message.broker_id()), message.drained());
  if (failed(call, set)) co_return;
  call.reply(v1::SetDrainedResponse(), *set);
}

}  // namespace ropewalk::native
