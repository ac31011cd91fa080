#include <boost/json.hpp>

#include "client/cli/commands.h"
#include "client/cli/table.h"
#include <ropewalk/admin.h>

namespace ropewalk::cli {
namespace {

namespace json = boost::json;

Result<std::vector<PartitionName>> named_partitions(Admin& admin, const DeleteRecords& command) {
  if (command.partition) return std::vector<PartitionName>{{command.topic, *command.partition}};
  TRY(const std::vector<DescribedTopic> topics, admin.describe_topics({command.topic}));
  std::vector<PartitionName> names;
  for (const DescribedPartition& partition : topics.at(0).partitions)
    names.push_back({command.topic, partition.partition});
  return names;
}

// A partition without a record of that time or later has older ones only: all of them go.
Result<std::vector<RecordsToDelete>> older_than(Admin& admin, std::vector<PartitionName> names,
                                                Timestamp time) {
  std::vector<OffsetQuestion> questions;
  for (const PartitionName& name : names)
    questions.push_back({name, OffsetWanted::by_timestamp, time});
  TRY(const std::vector<OffsetAnswer> answers, admin.list_offsets(questions));
  std::vector<RecordsToDelete> wanted;
  for (const OffsetAnswer& answer : answers) {
    RecordsToDelete& one = wanted.emplace_back();
    one.partition = answer.partition;
    if (answer.offset >= 0) one.before = answer.offset;
  }
  return wanted;
}

Result<std::vector<RecordsToDelete>> to_delete(Admin& admin, const DeleteRecords& command) {
  TRY(auto names, named_partitions(admin, command));
  if (command.before.from == From::time)
    return older_than(admin, std::move(names), command.before.time);
  std::vector<RecordsToDelete> wanted;
  for (PartitionName& name : names) {
    RecordsToDelete& one = wanted.emplace_back();
    one.partition = std::move(name);
    if (command.before.from == From::offset) one.before = command.before.offset;
  }
  return wanted;
}

}  // namespace

Result<void> run(Client& client, const DeleteRecords& command) {
  Admin admin(client);
  TRY(const std::vector<RecordsToDelete> wanted, to_delete(admin, command));
  TRY(const std::vector<DeletedRecords> deleted, admin.delete_records(wanted));
  json::array all;
  Table table({"PARTITION", "BEGIN"});
  for (const DeletedRecords& one : deleted) {
    all.push_back(json::object{{"partition", one.partition.partition}, {"begin", one.begin}});
    table.add({fmt::format("{}", one.partition.partition), fmt::format("{}", one.begin)});
  }
  return print(command.json ? json::serialize(all) + "\n" : table.to_string());
}

}  // namespace ropewalk::cli
