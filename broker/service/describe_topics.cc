#include "broker/service/describe_topics.h"

#include "broker/metadata/metadata_view.h"
#include "broker/replication/partition.h"
#include "broker/service/describe_image.h"
#include "broker/service/locate.h"

namespace ropewalk::service {
namespace {

// Of partitions that this broker leads, or would.
std::string problem_of(const Parts& parts, const metadata::Topic& topic,
                       const metadata::Partition& partition) {
  if (partition.leader != parts.self && partition.leader != kNoBroker) return "";
  const auto found = find_leader(parts, topic, partition);
  if (!found) return found.error().context;
  if ((*found)->standing() == replication::Partition::Standing::failed)
    return fmt::format("the replica of broker {} has failed: its messages say why", parts.self);
  return "";
}

}  // namespace

DescribeTopicsResponse DescribeTopics::handle(const security::RequestContext& context,
                                              const DescribeTopicsRequest& request) const {
  const metadata::Image& image = *parts_.metadata.get();
  DescribeTopicsResponse response;
  response.metadata_offset = image.offset();
  if (request.all_topics && !request.topics.empty()) {
    response.error = {Errc::invalid_request, "all topics are asked for, and some by name"};
    return response;
  }
  for (TopicMetadata& topic :
       describe_topics(parts_, context, image, request.all_topics, request.topics)) {
    TopicDescription description;
    if (topic.error.code == Errc::none) {
      const metadata::Topic* const state = image.topic(topic.id);
      description.settings = values_in_force({.topic = state->configs,
                                              .cluster = image.cluster_configs(),
                                              .segment_bytes = parts_.segment_bytes});
      for (PartitionMetadata& partition : topic.partitions)
        partition.problem =
            problem_of(parts_, *state, *state->partition(PartitionId(partition.partition)));
      if (!state->partitions.empty()) {
        const metadata::Partition& first = *state->partitions.front();
        description.replication_factor =
            static_cast<std::int32_t>(first.replicas.size() - first.adding.size());
      }
    }
    description.topic = std::move(topic);
    response.topics.push_back(std::move(description));
  }
  return response;
}

}  // namespace ropewalk::service
