#include "broker/service/describe_replicas.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "broker/metadata/metadata_view.h"
#include "broker/replication/partition.h"
#include "broker/service/locate.h"
#include "common/env/environment.h"
#include "common/env/event.h"

namespace ropewalk::service {
namespace {

// What the leaders here answer, on the core of the request.
struct Told {
  Told(env::Core& core, std::size_t count)
      : answers(count, fail(Errc::request_timed_out, "the partition did not answer in time")),
        complete(core) {}
  std::vector<Result<replication::DescribedReplicas>> answers;
  std::size_t owed = 0;
  env::Event complete;
};

PartitionReplicas describe(const metadata::Partition& state,
                           const replication::DescribedReplicas& ends) {
  PartitionReplicas described;
  described.log_start = ends.log_start;
  described.log_end = ends.log_end;
  described.bytes = ends.bytes;
  for (const BrokerId id : state.replicas) {
    ReplicaState& replica = described.replicas.emplace_back();
    replica.broker = id;
    replica.in_sync = std::ranges::find(state.in_sync, id) != state.in_sync.end();
    if (const auto end = ends.log_ends.find(id); end != ends.log_ends.end())
      replica.log_end = end->second;
  }
  return described;
}

}  // namespace

Task<std::vector<PartitionReplicas>> DescribeReplicas::handle(
    security::RequestContext context, std::vector<DescribeReplicasPartition> request) {
  const metadata::ImagePtr image = parts_.metadata.get();
  const Result<void> lease = check_lease(parts_);
  auto told = std::make_shared<Told>(parts_.environment.current_core(), request.size());
  std::vector<TopicPartition> ids(request.size());
  std::vector<std::shared_ptr<replication::Partition>> leaders(request.size());
  for (std::size_t i = 0; i < request.size(); i++) {
    auto leader = find_led_here(parts_, context, *image, request[i].topic, request[i].partition,
                                security::Operation::describe, ids[i]);
    if (leader && !lease) leader = std::unexpected(lease.error());
    if (leader) {
      leaders[i] = std::move(*leader);
      told->owed++;
    } else {
      told->answers[i] = std::unexpected(std::move(leader).error());
    }
  }
  if (told->owed == 0) told->complete.set();
  for (std::size_t i = 0; i < request.size(); i++) {
    if (!leaders[i]) continue;
    auto note = [told, i](Result<replication::DescribedReplicas> ends) {
      told->answers[i] = std::move(ends);
      if (--told->owed == 0) told->complete.set();
    };
    leaders[i]->describe_replicas(request[i].leader_epoch, std::move(note));
  }
  std::ignore = co_await told->complete.wait_until(context.deadline);
  std::vector<PartitionReplicas> answer(request.size());
  for (std::size_t i = 0; i < request.size(); i++) {
    const auto& ends = told->answers[i];
    if (ends) {
      answer[i] = describe(*image->partition(ids[i]), *ends);
      continue;
    }
    answer[i].error = ends.error();
    if (wants_leader_hint(ends.error().code))
      answer[i].current_leader = leader_hint(parts_, context, *image, ids[i]);
  }
  co_return answer;
}

}  // namespace ropewalk::service
