// Admin: who leads and who holds.
#include <iterator>

#include "client/src/ask_and_wait.h"
#include "client/src/replicas.h"
#include "common/wire/errors.h"
#include "ropewalk/admin.h"
#include "ropewalk/v1/replicas.pb.h"

namespace ropewalk {
namespace {

using client::ask_and_wait;
using Ids = std::vector<std::int32_t>;

template <class Said>
PartitionName partition_said(const Said& said) {
  return {.topic = said.topic(), .partition = said.partition()};
}

template <class Said>
Error error_said(const Said& said) {
  return said.has_error() ? wire::from_proto(said.error()) : Error{Errc::none, {}};
}

template <class Field>
Ids ids_said(const Field& field) {
  return {field.begin(), field.end()};
}

}  // namespace

Result<std::vector<PartitionElection>> Admin::elect_leaders(
    ElectionKind kind, const std::vector<PartitionName>& partitions) {
  v1::ElectLeadersRequest request;
  request.set_kind(kind == ElectionKind::unclean ? v1::ELECTION_UNCLEAN : v1::ELECTION_PREFERRED);
  for (const PartitionName& partition : partitions) {
    v1::ElectionPartition& into = *request.add_partitions();
    into.set_topic(partition.topic);
    into.set_partition(partition.partition);
  }
  TRY(const v1::ElectLeadersResponse response,
      ask_and_wait<v1::ElectLeadersResponse>(shell_, v1::API_ELECT_LEADERS, true,
                                             std::move(request)));
  std::vector<PartitionElection> elections;
  for (const v1::PartitionElection& said : response.partitions())
    elections.push_back({.partition = partition_said(said),
                         .error = error_said(said),
                         .leader = said.leader_id(),
                         .leader_epoch = said.leader_epoch()});
  return elections;
}

Result<std::vector<AlteredReassignment>> Admin::alter_reassignments(
    const std::vector<WantedReplicas>& wanted) {
  v1::AlterReassignmentsRequest request;
  for (const WantedReplicas& one : wanted) {
    v1::WantedReplicas& into = *request.add_partitions();
    into.set_topic(one.partition.topic);
    into.set_partition(one.partition.partition);
    into.set_call_off(!one.replicas);
    if (one.replicas)
      for (const std::int32_t id : *one.replicas) into.add_replicas(id);
  }
  TRY(const v1::AlterReassignmentsResponse response,
      ask_and_wait<v1::AlterReassignmentsResponse>(shell_, v1::API_ALTER_REASSIGNMENTS, true,
                                                   std::move(request)));
  std::vector<AlteredReassignment> altered;
  for (const v1::AlteredReassignment& said : response.partitions())
    altered.push_back({.partition = partition_said(said), .error = error_said(said)});
  return altered;
}

Result<std::vector<RunningReassignment>> Admin::list_reassignments() {
  TRY(const v1::ListReassignmentsResponse response,
      ask_and_wait<v1::ListReassignmentsResponse>(shell_, v1::API_LIST_REASSIGNMENTS, false,
                                                  v1::ListReassignmentsRequest()));
  std::vector<RunningReassignment> running;
  for (const v1::Reassignment& said : response.partitions())
    running.push_back({.partition = partition_said(said),
                       .replicas = ids_said(said.replicas()),
                       .adding = ids_said(said.adding()),
                       .removing = ids_said(said.removing()),
                       .in_sync_replicas = ids_said(said.in_sync_replicas()),
                       .leader = said.leader_id()});
  return running;
}

Result<std::vector<PartitionReplicas>> Admin::describe_replicas(
    const std::vector<PartitionName>& partitions) {
  return shell_->run<std::vector<PartitionReplicas>>([shell = shell_, partitions] {
    return client::describe_replicas(shell, partitions,
                                     shell->now() + shell->options().request_timeout);
  });
}

Result<DrainPlan> Admin::plan_drain(std::int32_t broker_id) {
  v1::PlanDrainRequest request;
  request.set_broker_id(broker_id);
  TRY(const v1::PlanDrainResponse response,
      ask_and_wait<v1::PlanDrainResponse>(shell_, v1::API_PLAN_DRAIN, false, std::move(request)));
  DrainPlan plan;
  for (const v1::PlannedMove& said : response.moves())
    plan.moves.push_back({.partition = partition_said(said),
                          .from = ids_said(said.from()),
                          .to = ids_said(said.to()),
                          .leader = said.leader_id()});
  for (const v1::StuckReplica& said : response.stuck())
    plan.stuck.push_back({.partition = partition_said(said),
                          .replicas = ids_said(said.replicas()),
                          .reason = said.reason()});
  return plan;
}

Result<void> Admin::set_drained(std::int32_t broker_id, bool drained) {
  v1::SetDrainedRequest request;
  request.set_broker_id(broker_id);
  request.set_drained(drained);
  TRY_VOID(
      ask_and_wait<v1::SetDrainedResponse>(shell_, v1::API_SET_DRAINED, true, std::move(request)));
  return {};
}

Result<void> Admin::unregister_broker(std::int32_t broker_id) {
  v1::UnregisterBrokerRequest request;
  request.set_broker_id(broker_id);
  TRY_VOID(ask_and_wait<v1::UnregisterBrokerResponse>(shell_, v1::API_UNREGISTER_BROKER, true,
                                                      std::move(request)));
  return {};
}

}  // namespace ropewalk
