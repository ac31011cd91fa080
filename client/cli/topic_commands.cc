#include <boost/json.hpp>

#include "client/cli/commands.h"
#include "client/cli/table.h"

namespace ropewalk::cli {
namespace {

namespace json = boost::json;

std::string ids(const std::vector<std::int32_t>& brokers) {
  return fmt::format("{}", fmt::join(brokers, ","));
}

json::array json_ids(const std::vector<std::int32_t>& brokers) {
  return json::array(brokers.begin(), brokers.end());
}

std::string durability_of(const DescribedTopic& topic) {
  std::string found;
  for (const DescribedPartition& partition : topic.partitions) {
    if (!found.empty() && partition.durability != found) return "mixed";
    found = partition.durability;
  }
  return found;
}

std::string_view source_name(SettingSource source) {
  switch (source) {
    case SettingSource::topic:
      return "topic";
    case SettingSource::cluster:
      return "cluster";
    default:
      return "default";
  }
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
                                      {"durability", partition.durability}});
  return {{"name", topic.name},
          {"topic_id", topic.topic_id},
          {"replication_factor", topic.replication_factor},
          {"settings", std::move(settings)},
          {"partitions", std::move(partitions)}};
}

Result<void> print_json(const std::vector<DescribedTopic>& topics) {
  json::array all;
  for (const DescribedTopic& topic : topics) all.push_back(topic_json(topic));
  return print(json::serialize(all) + "\n");
}

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
  return out + "\n" + partitions.to_string();
}

}  // namespace

Result<void> run(Client& client, const CreateTopic& command) {
  TRY(const CreatedTopic created, Admin(client).create_topic(command.topic));
  return print(fmt::format("created {}: partitions {}, replication factor {}, id {}\n",
                           command.topic.name, created.partitions, created.replication_factor,
                           created.topic_id));
}

Result<void> run(Client& client, const ListTopics& command) {
  TRY(const std::vector<DescribedTopic> topics, Admin(client).list_topics());
  if (command.json) return print_json(topics);
  Table table({"TOPIC", "PARTITIONS", "REPLICATION", "DURABILITY", "ID"});
  for (const DescribedTopic& topic : topics)
    table.add({topic.name, fmt::format("{}", topic.partitions.size()),
               fmt::format("{}", topic.replication_factor), durability_of(topic), topic.topic_id});
  return print(table.to_string());
}

Result<void> run(Client& client, const DescribeTopics& command) {
  TRY(const std::vector<DescribedTopic> topics, Admin(client).describe_topics(command.names));
  if (command.json) return print_json(topics);
  std::string out;
  for (const DescribedTopic& topic : topics) {
    if (!out.empty()) out += "\n";
    out += topic_text(topic);
  }
  return print(out);
}

Result<void> run(Client& client, const DeleteTopic& command) {
  TRY_VOID(Admin(client).delete_topic(command.name));
  return print(fmt::format("deleted {}\n", command.name));
}

}  // namespace ropewalk::cli
