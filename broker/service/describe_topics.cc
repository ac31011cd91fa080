#include "broker/service/describe_topics.h"

#include <algorithm>

#include "broker/metadata/metadata_view.h"
#include "broker/metadata/topic_settings.h"
#include "broker/replication/partition.h"
#include "broker/service/describe_image.h"
#include "broker/service/locate.h"

namespace ropewalk::service {
namespace {

std::vector<SettingDescription> describe_settings(const metadata::Image& image,
                                                  const metadata::Topic& topic,
                                                  std::int64_t segment_bytes) {
  std::vector<SettingDescription> settings;
  for (const metadata::TopicSettingDefinition& known : metadata::topic_setting_definitions()) {
    SettingDescription setting;
    setting.name = known.name;
    setting.value = metadata::effective_value(known.name, topic.configs, image.cluster_configs());
    if (topic.configs.contains(known.name)) {
      setting.source = SettingSource::topic;
    } else if (image.cluster_configs().contains(known.name)) {
      setting.source = SettingSource::cluster;
    } else if (known.brokers_own) {  // segment.bytes is the only one.
      setting.source = SettingSource::broker;
      setting.value = fmt::format("{}", segment_bytes);
    }
    settings.push_back(std::move(setting));
  }
  std::sort(settings.begin(), settings.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  return settings;
}

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
  if (request.all_topics && !request.topics.empty()) {
    response.error = {Errc::invalid_request, "all topics are asked for, and some by name"};
    return response;
  }
  for (TopicMetadata& topic :
       describe_topics(parts_, context, image, request.all_topics, request.topics)) {
    TopicDescription description;
    if (topic.error.code == Errc::none) {
      const metadata::Topic* const state = image.topic(topic.id);
      description.settings = describe_settings(image, *state, parts_.segment_bytes);
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
