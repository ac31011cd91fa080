#include "broker/service/list_reassignments.h"

#include <set>

#include "broker/metadata/metadata_view.h"

namespace ropewalk::service {

Result<ListReassignmentsResponse> ListReassignments::handle(
    const security::RequestContext& context,
    const std::optional<std::vector<PartitionRef>>& only) const {
  TRY_VOID(may_operate(parts_, context, security::Operation::describe));
  const metadata::ImagePtr image = parts_.metadata.get();
  std::set<TopicPartition> wanted;
  if (only) {
    for (PartitionRef ref : *only) {
      const auto found = find_partition(*image, ref);
      if (found) wanted.insert(*found);
    }
  }
  ListReassignmentsResponse response;
  response.metadata_offset = image->offset();
  for (const metadata::TopicPtr& topic : topics_by_name(*image)) {
    for (const metadata::PartitionPtr& partition : topic->partitions) {
      if (partition->adding.empty() && partition->removing.empty()) continue;
      if (only && !wanted.contains({topic->id, partition->index.value()})) continue;
      response.partitions.push_back(
          {.topic = {.name = topic->name, .id = topic->id}, .partition = *partition});
    }
  }
  return response;
}

}  // namespace ropewalk::service
