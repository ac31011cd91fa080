#include <boost/json.hpp>

#include "client/cli/commands.h"
#include "client/cli/partition_offsets.h"
#include "client/cli/table.h"

namespace ropewalk::cli {
namespace {

namespace json = boost::json;

Result<std::vector<RecordsToDelete>> to_delete(Admin& admin, const DeleteRecords& command) {
  TRY(const std::vector<PartitionSpan> spans, spans_of(admin, command.topic, command.partition));
  TRY(const std::vector<std::int64_t> offsets, offsets_of(admin, spans, command.before));
  std::vector<RecordsToDelete> wanted;
  for (std::size_t i = 0; i < spans.size(); i++) {
    RecordsToDelete& one = wanted.emplace_back();
    one.partition = spans[i].partition;
    one.before = offsets[i];
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
