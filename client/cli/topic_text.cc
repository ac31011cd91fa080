#include "client/cli/topic_text.h"

#include <boost/json.hpp>

#include "client/cli/table.h"

namespace ropewalk::cli {
namespace {

namespace json = boost::json;

std::string ids(const std::vector<std::int32_t>& brokers) {
  return fmt::format("{}", fmt::join(brokers, ","));
}

std::string none_or(const std::vector<std::int32_t>& brokers) {
  return brokers.empty() ? "none" : ids(brokers);
}

json::array json_ids(const std::vector<std::int32_t>& brokers) {
  return json::array(brokers.begin(), brokers.end());
}

std::string_view source_name(SettingSource source) {
  switch (source) {
    case SettingSource::topic:
      return "topic";
    case SettingSource::cluster:
      return "cluster";
    case SettingSource::broker:
      return "broker default";
    case SettingSource::default_value:
      return "default";
  }
  return "default";
}

json::object topic_json(const DescribedTopic& topic) {
  json::array settings;
  for (const DescribedSetting& setting : topic.settings) {
    const std::string_view source = source_name(setting.source);
    settings.push_back(json::object{{"name", setting.name},
                                    {"value", setting.value},
                                    {"source", json::string_view(source.data(), source.size())}});
  }
  json::array partitions;
  for (const DescribedPartition& partition : topic.partitions)
    partitions.push_back(json::object{{"partition", partition.partition},
                                      {"leader", partition.leader},
                                      {"leader_epoch", partition.leader_epoch},
                                      {"partition_epoch", partition.partition_epoch},
                                      {"replicas", json_ids(partition.replicas)},
                                      {"in_sync_replicas", json_ids(partition.in_sync_replicas)},
                                      {"eligible_replicas", json_ids(partition.eligible_replicas)},
                                      {"offline_replicas", json_ids(partition.offline_replicas)},
                                      {"adding_replicas", json_ids(partition.adding_replicas)},
                                      {"removing_replicas", json_ids(partition.removing_replicas)},
                                      {"durability", partition.durability},
                                      {"problem", partition.problem}});
  return {{"name", topic.name},
          {"topic_id", topic.topic_id},
          {"replication_factor", topic.replication_factor},
          {"settings", std::move(settings)},
          {"partitions", std::move(partitions)}};
}

}  // namespace

std::string topic_text(const DescribedTopic& topic) {
  std::string out = fmt::format("topic {}  id {}  replication factor {}\n", topic.name,
                                topic.topic_id, topic.replication_factor);
  if (!topic.settings.empty()) {
    Table settings({"SETTING", "VALUE", "FROM"});
    for (const DescribedSetting& setting : topic.settings)
      settings.add({setting.name, setting.value, std::string(source_name(setting.source))});
    out += "\n" + settings.to_string();
  }
  Table partitions({"PARTITION", "LEADER", "EPOCH", "REPLICAS", "IN SYNC", "DURABILITY"});
  for (const DescribedPartition& partition : topic.partitions)
    partitions.add({fmt::format("{}", partition.partition),
                    partition.leader < 0 ? "none" : fmt::format("{}", partition.leader),
                    fmt::format("{}", partition.leader_epoch), ids(partition.replicas),
                    ids(partition.in_sync_replicas), partition.durability});
  out += "\n" + partitions.to_string();
  for (const DescribedPartition& partition : topic.partitions)
    if (!partition.adding_replicas.empty() || !partition.removing_replicas.empty())
      out +=
          fmt::format("partition {} is being moved: adding {}, removing {}\n", partition.partition,
                      none_or(partition.adding_replicas), none_or(partition.removing_replicas));
  for (const DescribedPartition& partition : topic.partitions)
    if (!partition.problem.empty())
      out +=
          fmt::format("partition {} is not served: {}\n", partition.partition, partition.problem);
  return out;
}

std::string topics_json(const std::vector<DescribedTopic>& topics) {
  json::array all;
  for (const DescribedTopic& topic : topics) all.push_back(topic_json(topic));
  return json::serialize(all) + "\n";
}

}  // namespace ropewalk::cli
