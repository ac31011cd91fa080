#include "broker/service/partition_refs.h"

#include "broker/service/locate.h"

namespace ropewalk::service {
namespace {

Result<const metadata::Topic*> find_meant(const metadata::Image& image, const TopicRef& ref) {
  const bool by_id = !ref.id.is_none();
  if (!by_id) TRY_VOID(check_topic_name(ref.name));
  if (const auto* topic = by_id ? image.topic(ref.id) : image.topic(ref.name)) return topic;
  if (by_id) return fail(Errc::unknown_topic_id, "there is no topic with id {}", ref.id);
  return fail(Errc::unknown_topic_or_partition, "there is no topic '{}'", ref.name);
}

}  // namespace

Result<void> may_operate(const Parts& parts, const security::RequestContext& context,
                         security::Operation operation) {
  return parts.authorizer.authorize(
      context,
      {.operation = operation, .resource_type = security::ResourceType::cluster, .resource = {}});
}

Result<TopicPartition> find_partition(const metadata::Image& image, PartitionRef& ref) {
  TRY(const auto* topic, find_meant(image, ref.topic));
  ref.topic = {.name = topic->name, .id = topic->id};
  TRY_VOID(find_partition(*topic, ref.partition));
  return TopicPartition{topic->id, ref.partition};
}

std::vector<metadata::TopicPtr> topics_by_name(const metadata::Image& image) {
  std::vector<metadata::TopicPtr> topics;
  image.topics().for_each(
      [&](const TopicId&, const metadata::TopicPtr& topic) { topics.push_back(topic); });
  std::ranges::sort(topics, {}, [](const metadata::TopicPtr& topic) -> const std::string& {
    return topic->name;
  });
  return topics;
}

}  // namespace ropewalk::service
