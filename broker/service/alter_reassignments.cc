#include "broker/service/alter_reassignments.h"

#include <utility>

#include "broker/metadata/metadata_view.h"
#include "broker/service/propose.h"

namespace ropewalk::service {
namespace {

Result<void> check_count(const metadata::Partition& partition, const WantedReplicas& wanted) {
  const std::size_t now = partition.replicas.size() - partition.adding.size();
  if (!wanted.replicas || wanted.replicas->size() == now) return {};
  return fail(Errc::invalid_replication_factor, "{} replicas are wanted, there are {}",
              wanted.replicas->size(), now);
}

}  // namespace

Task<Result<AlterReassignmentsResponse>> AlterReassignments::handle(
    security::RequestContext context, AlterReassignmentsRequest request) {
  CO_TRY_VOID(may_operate(parts_, context, security::Operation::alter));
  const metadata::ImagePtr image = parts_.metadata.get();
  std::vector<PartitionRef> refs;
  for (const WantedReplicas& wanted : request.partitions) refs.push_back(wanted.partition);
  RefAnswers<AlteredReassignment> answers(*image, std::move(refs));
  AlterReassignmentsResponse response;
  response.metadata_offset = image->offset();
  if (!request.may_change_count) {
    answers.refuse_unless([&](const auto& asked) {
      return check_count(*image->partition(asked.id), request.partitions[asked.place]);
    });
  }
  if (!answers.asked().empty()) {
    metadata::AlterReassignments event;
    for (const auto& asked : answers.asked())
      event.partitions.push_back({asked.id, std::move(request.partitions[asked.place].replicas)});
    CO_TRY(auto answer, co_await propose_each(parts_, std::move(event), context.deadline));
    answers.take(answer.items);
    response.metadata_offset = answer.offset;
  }
  response.partitions = std::move(answers.answers());
  co_return response;
}

}  // namespace ropewalk::service
