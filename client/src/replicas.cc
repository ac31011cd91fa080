#include "client/src/replicas.h"

#include "client/src/leader_messages.h"
#include "ropewalk/v1/replicas.pb.h"

namespace ropewalk::client {
namespace {

void note_replicas(const v1::PartitionReplicas& said, PartitionReplicas& into) {
  into.log_start = said.log_start();
  into.log_end = said.log_end();
  into.bytes = said.bytes();
  into.replicas.clear();
  for (const v1::ReplicaState& replica : said.replicas()) {
    ReplicaState& state = into.replicas.emplace_back();
    state.broker_id = replica.broker_id();
    state.in_sync = replica.in_sync();
    if (replica.has_log_end()) state.log_end = replica.log_end();
  }
}

}  // namespace

Task<Result<std::vector<PartitionReplicas>>> describe_replicas(
    std::shared_ptr<Shell> shell, std::vector<PartitionName> partitions,
    env::MonotonicTime deadline) {
  std::vector<PartitionReplicas> answers;
  for (const PartitionName& partition : partitions) answers.emplace_back().partition = partition;
  const auto round = std::make_shared<LeaderRound>(partitions);
  LeaderCall call;
  call.api = v1::API_DESCRIBE_REPLICAS;
  call.doing = "asking for replicas";
  call.encode = [&](const ClusterView& view, const std::vector<std::size_t>& asked) {
    v1::DescribeReplicasRequest request;
    for (const std::size_t index : asked)
      add_partition(view, partitions[index], *request.add_partitions());
    return encode_request(std::move(request));
  };
  call.take = [&](ClusterView& view, const std::vector<std::size_t>& asked, ByteSpan body) {
    return take_answers<v1::DescribeReplicasResponse>(
        view, *round, asked, body, [&](std::size_t index, const v1::PartitionReplicas& said) {
          note_replicas(said, answers[index]);
        });
  };
  CO_TRY_VOID(co_await ask_leaders(shell, round, std::move(call), deadline));
  co_return answers;
}

}  // namespace ropewalk::client
