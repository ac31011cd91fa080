#include <ctime>

#include <boost/json.hpp>

#include "client/cli/commands.h"
#include "client/cli/table.h"
#include "client/cli/topic_text.h"

namespace ropewalk::cli {
namespace {

namespace json = boost::json;

std::string durability_of(const DescribedTopic& topic) {
  std::string found;
  for (const DescribedPartition& partition : topic.partitions) {
    if (!found.empty() && partition.durability != found) return "mixed";
    found = partition.durability;
  }
  return found;
}

// As RFC 3339 has it, in UTC.
std::string time_text(Timestamp time) {
  const std::int64_t milliseconds = time.time_since_epoch().count();
  const auto seconds = static_cast<std::time_t>(
      std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count());
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900,
                     parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     ((milliseconds % 1000) + 1000) % 1000);
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
  if (command.json) return print(topics_json(topics));
  Table table({"TOPIC", "PARTITIONS", "REPLICATION", "DURABILITY", "ID"});
  for (const DescribedTopic& topic : topics)
    table.add({topic.name, fmt::format("{}", topic.partitions.size()),
               fmt::format("{}", topic.replication_factor), durability_of(topic), topic.topic_id});
  return print(table.to_string());
}

Result<void> run(Client& client, const DescribeTopics& command) {
  TRY(const std::vector<DescribedTopic> topics, Admin(client).describe_topics(command.names));
  if (command.json) return print(topics_json(topics));
  std::string out;
  for (const DescribedTopic& topic : topics) {
    if (!out.empty()) out += "\n";
    out += topic_text(topic);
  }
  return print(out);
}

Result<void> run(Client& client, const SetTopic& command) {
  TRY_VOID(Admin(client).set_topic_config(command.name, command.changes));
  return print(fmt::format("changed {}\n", command.name));
}

Result<void> run(Client& client, const ShowOffsets& command) {
  Admin admin(client);
  TRY(const std::vector<DescribedTopic> topics, admin.describe_topics({command.name}));
  std::vector<OffsetQuestion> questions;
  for (const DescribedPartition& partition : topics.at(0).partitions)
    for (const OffsetWanted wanted :
         {OffsetWanted::earliest, OffsetWanted::latest, OffsetWanted::max_timestamp})
      questions.push_back({{command.name, partition.partition}, wanted, {}});
  TRY(const std::vector<OffsetAnswer> answers, admin.list_offsets(questions));
  json::array all;
  Table table({"PARTITION", "BEGIN", "END", "RECORDS", "LATEST TIME"});
  for (std::size_t i = 0; i < answers.size(); i += 3) {
    const std::int64_t begin = answers[i].offset;
    const std::int64_t end = answers[i + 1].offset;
    const auto& latest = answers[i + 2].timestamp;
    all.push_back(json::object{
        {"partition", answers[i].partition.partition},
        {"begin", begin},
        {"end", end},
        {"latest_timestamp", latest ? json::value(latest->time_since_epoch().count()) : nullptr}});
    table.add({fmt::format("{}", answers[i].partition.partition), fmt::format("{}", begin),
               fmt::format("{}", end), fmt::format("{}", end - begin),
               latest ? time_text(*latest) : "-"});
  }
  return print(command.json ? json::serialize(all) + "\n" : table.to_string());
}

Result<void> run(Client& client, const DeleteTopic& command) {
  TRY_VOID(Admin(client).delete_topic(command.name));
  return print(fmt::format("deleted {}\n", command.name));
}

}  // namespace ropewalk::cli
