#include "broker/service/elect_leaders.h"

#include <utility>

#include "broker/metadata/metadata_view.h"
#include "broker/service/propose.h"

namespace ropewalk::service {
namespace {

using metadata::ElectionKind;

bool may_change(const metadata::Partition& partition, ElectionKind kind) {
  return kind == ElectionKind::unclean ? partition.leader == kNoBroker
                                       : partition.leader != partition.replicas.front();
}

std::vector<PartitionRef> all_that_may_change(const metadata::Image& image, ElectionKind kind) {
  std::vector<PartitionRef> refs;
  for (const metadata::TopicPtr& topic : topics_by_name(image))
    for (const metadata::PartitionPtr& partition : topic->partitions)
      if (may_change(*partition, kind))
        refs.push_back({.topic = {.name = topic->name, .id = topic->id},
                        .partition = partition->index.value()});
  return refs;
}

}  // namespace

Task<Result<ElectLeadersResponse>> ElectLeaders::handle(security::RequestContext context,
                                                        ElectLeadersRequest request) {
  CO_TRY_VOID(may_operate(parts_, context, security::Operation::alter));
  const metadata::ImagePtr image = parts_.metadata.get();
  std::vector<PartitionRef> refs = request.partitions ? std::move(*request.partitions)
                                                      : all_that_may_change(*image, request.kind);
  RefAnswers<PartitionElection> answers(*image, std::move(refs));
  ElectLeadersResponse response;
  response.metadata_offset = image->offset();
  if (!answers.asked().empty()) {
    metadata::ElectLeaders event;
    event.kind = request.kind;
    for (const auto& asked : answers.asked()) event.partitions.push_back(asked.id);
    CO_TRY(auto answer, co_await propose_each(parts_, std::move(event), context.deadline));
    answers.take(answer.items);
    response.metadata_offset = answer.offset;
  }
  const metadata::ImagePtr now = parts_.metadata.get();
  for (const auto& asked : answers.asked()) {
    const metadata::Partition* const partition = now->partition(asked.id);
    if (partition == nullptr) continue;  // Deleted meanwhile.
    answers.answers()[asked.place].leader = partition->leader;
    answers.answers()[asked.place].leader_epoch = partition->leader_epoch;
  }
  response.partitions = std::move(answers.answers());
  co_return response;
}

}  // namespace ropewalk::service
