#include "broker/listeners/native/replica_messages.h"

#include <utility>

#include "broker/listeners/native/common_messages.h"
#include "broker/listeners/native/topic_messages.h"

namespace ropewalk::native {
namespace {

template <class Message>
Result<service::PartitionRef> read_ref(const Message& message) {
  service::PartitionRef ref;
  TRY(ref.topic, read_topic(message.topic(), message.topic_id()));
  ref.partition = message.partition();
  return ref;
}

template <class Message>
void write_ref(const service::TopicRef& topic, std::int32_t partition, Message& into) {
  into.set_topic(topic.name);
  if (!topic.id.is_none()) into.set_topic_id(topic.id.to_bytes());
  into.set_partition(partition);
}

template <class Field>
void write_brokers(const std::vector<BrokerId>& brokers, Field& into) {
  for (const BrokerId id : brokers) into.Add(id.value());
}

}  // namespace

Result<service::ElectLeadersRequest> read_elect_leaders(const v1::ElectLeadersRequest& message) {
  service::ElectLeadersRequest request;
  if (message.kind() != v1::ELECTION_PREFERRED && message.kind() != v1::ELECTION_UNCLEAN)
    return fail(Errc::invalid_request, "there is no election of kind {}",
                static_cast<int>(message.kind()));
  if (message.kind() == v1::ELECTION_UNCLEAN) request.kind = metadata::ElectionKind::unclean;
  if (message.all_partitions()) {
    if (message.partitions_size() > 0)
      return fail(Errc::invalid_request, "all_partitions beside a list of partitions");
    return request;
  }
  auto& partitions = request.partitions.emplace();
  for (const auto& asked : message.partitions()) {
    TRY(auto ref, read_ref(asked));
    partitions.push_back(std::move(ref));
  }
  return request;
}

v1::ElectLeadersResponse write_elections(const std::vector<service::PartitionElection>& elections) {
  v1::ElectLeadersResponse message;
  for (const service::PartitionElection& election : elections) {
    v1::PartitionElection& into = *message.add_partitions();
    write_ref(election.topic, election.partition, into);
    set_error_of(into, election.error);
    into.set_leader_id(election.leader.value());
    into.set_leader_epoch(election.leader_epoch.value());
  }
  return message;
}

Result<service::AlterReassignmentsRequest> read_alter_reassignments(
    const v1::AlterReassignmentsRequest& message) {
  service::AlterReassignmentsRequest request;
  for (const auto& asked : message.partitions()) {
    service::WantedReplicas& wanted = request.partitions.emplace_back();
    TRY(wanted.partition, read_ref(asked));
    if (asked.call_off() && asked.replicas_size() > 0)
      return fail(Errc::invalid_request, "replicas beside call_off");
    if (asked.call_off()) continue;
    auto& replicas = wanted.replicas.emplace();
    for (const std::int32_t id : asked.replicas()) replicas.push_back(BrokerId(id));
  }
  return request;
}

v1::AlterReassignmentsResponse write_altered(
    const std::vector<service::AlteredReassignment>& altered) {
  v1::AlterReassignmentsResponse message;
  for (const service::AlteredReassignment& one : altered) {
    v1::AlteredReassignment& into = *message.add_partitions();
    write_ref(one.topic, one.partition, into);
    set_error_of(into, one.error);
  }
  return message;
}

v1::ListReassignmentsResponse write_reassignments(
    const std::vector<service::RunningReassignment>& running) {
  v1::ListReassignmentsResponse message;
  for (const auto& [topic, partition] : running) {
    v1::Reassignment& into = *message.add_partitions();
    write_ref(topic, partition.index.value(), into);
    write_brokers(partition.replicas, *into.mutable_replicas());
    write_brokers(partition.adding, *into.mutable_adding());
    write_brokers(partition.removing, *into.mutable_removing());
    write_brokers(partition.in_sync, *into.mutable_in_sync_replicas());
    into.set_leader_id(partition.leader.value());
  }
  return message;
}

Result<std::vector<service::DescribeReplicasPartition>> read_describe_replicas(
    const v1::DescribeReplicasRequest& message) {
  std::vector<service::DescribeReplicasPartition> partitions;
  for (const auto& asked : message.partitions())
    TRY_VOID(read_target(asked, partitions.emplace_back()));
  TRY_VOID(check_each_once(partitions));
  return partitions;
}

v1::DescribeReplicasResponse write_replicas(const v1::DescribeReplicasRequest& request,
                                            const std::vector<service::PartitionReplicas>& told) {
  ENSURE(told.size() == static_cast<std::size_t>(request.partitions_size()),
         "{} answers to {} partitions", told.size(), request.partitions_size());
  v1::DescribeReplicasResponse message;
  for (std::size_t i = 0; i < told.size(); i++) {
    v1::PartitionReplicas& into = *message.add_partitions();
    write_target(request.partitions(static_cast<int>(i)), told[i], into);
    into.set_log_start(told[i].log_start.value());
    into.set_log_end(told[i].log_end.value());
    into.set_bytes(static_cast<std::int64_t>(told[i].bytes));
    for (const service::ReplicaState& replica : told[i].replicas) {
      v1::ReplicaState& to = *into.add_replicas();
      to.set_broker_id(replica.broker.value());
      to.set_in_sync(replica.in_sync);
      if (replica.log_end) to.set_log_end(replica.log_end->value());
    }
  }
  return message;
}

v1::PlanDrainResponse write_plan(const service::DrainPlan& plan) {
  v1::PlanDrainResponse message;
  for (const service::PlannedMove& move : plan.moves) {
    v1::PlannedMove& into = *message.add_moves();
    write_ref(move.topic, move.partition, into);
    write_brokers(move.from, *into.mutable_from());
    write_brokers(move.to, *into.mutable_to());
    into.set_leader_id(move.leader.value());
  }
  for (const service::StuckReplica& stuck : plan.stuck) {
    v1::StuckReplica& into = *message.add_stuck();
    write_ref(stuck.topic, stuck.partition, into);
    write_brokers(stuck.replicas, *into.mutable_replicas());
    into.set_reason(stuck.reason);
  }
  return message;
}

}  // namespace ropewalk::native
