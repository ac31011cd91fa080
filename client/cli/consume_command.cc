#include <algorithm>
#include <limits>

#include "client/cli/commands.h"
#include "client/cli/record_text.h"
#include <ropewalk/admin.h>
#include <ropewalk/consumer.h>

namespace ropewalk::cli {
namespace {

constexpr std::chrono::milliseconds kPollWait{200};

// Where one partition begins and ends for this command.
struct Range {
  PartitionName partition;
  std::int64_t next = 0;
  std::int64_t end = 0;  // One past the last record to print.
};

Result<std::vector<PartitionName>> chosen_partitions(Client& client, const Consume& command) {
  TRY(const auto topics, Admin(client).describe_topics({command.topic}));
  std::vector<PartitionName> all;
  for (const DescribedPartition& partition : topics.at(0).partitions)
    if (!command.partition || *command.partition == partition.partition)
      all.push_back({command.topic, partition.partition});
  if (all.empty())
    return fail(Errc::unknown_topic_or_partition, "{} has no partition {}", command.topic,
                command.partition.value_or(0));
  return all;
}

Result<std::vector<Range>> chosen_ranges(Client& client, Consumer& consumer, const Consume& command,
                                         const std::vector<PartitionName>& partitions) {
  TRY(const auto beginnings, consumer.beginning_offsets(partitions));
  TRY(const auto ends, consumer.end_offsets(partitions));
  std::vector<std::int64_t> since;
  if (command.start.from == From::time) {
    std::vector<OffsetQuestion> questions;
    for (const PartitionName& partition : partitions)
      questions.push_back({partition, OffsetWanted::by_timestamp, command.start.time});
    TRY(const auto answers, Admin(client).list_offsets(questions));
    for (const OffsetAnswer& answer : answers) since.push_back(answer.offset);
  }
  std::vector<Range> ranges;
  for (std::size_t i = 0; i < partitions.size(); i++) {
    Range range{partitions[i], beginnings[i], ends[i]};
    if (command.start.from == From::end) range.next = ends[i];
    if (command.start.from == From::time) range.next = since[i] < 0 ? ends[i] : since[i];
    if (command.start.from == From::offset) {
      if (command.start.offset < beginnings[i] || command.start.offset > ends[i])
        return fail(Errc::offset_out_of_range,
                    "{} begins at offset {} and ends at {}; {} is outside",
                    to_string(partitions[i]), beginnings[i], ends[i], command.start.offset);
      range.next = command.start.offset;
    }
    if (command.follow) range.end = std::numeric_limits<std::int64_t>::max();
    ranges.push_back(std::move(range));
  }
  return ranges;
}

bool is_done(const std::vector<Range>& ranges) {
  return std::ranges::all_of(ranges, [](const Range& range) { return range.next >= range.end; });
}

Range& range_of(std::vector<Range>& ranges, std::int32_t partition) {
  return *std::ranges::find_if(
      ranges, [&](const Range& range) { return range.partition.partition == partition; });
}

}  // namespace

Result<void> run(Client& client, const Consume& command) {
  TRY(const std::vector<PartitionName> partitions, chosen_partitions(client, command));
  // The beginning, in case records go away while they are read; where to begin is sought below.
  Consumer consumer(client, {.offset_reset = OffsetReset::earliest});
  TRY(std::vector<Range> ranges, chosen_ranges(client, consumer, command, partitions));
  TRY_VOID(consumer.assign(partitions));
  for (const Range& range : ranges) TRY_VOID(consumer.seek(range.partition, range.next));

  std::int64_t wanted = command.count.value_or(std::numeric_limits<std::int64_t>::max());
  while (wanted > 0 && !is_done(ranges)) {
    TRY(const Records records, consumer.poll(kPollWait));
    std::string out;
    for (const ConsumedRecord& record : records) {
      Range& range = range_of(ranges, record.partition);
      range.next = std::max(range.next, record.offset + 1);
      if (record.offset >= range.end || wanted == 0) continue;
      wanted--;
      command.json ? append_json(out, record) : append_text(out, record);
    }
    if (!out.empty()) TRY_VOID(print(out));
    if (!records.empty()) continue;
    // The last offsets before an end may hold no records for us: the position tells.
    for (Range& range : ranges) {
      if (range.next >= range.end) continue;
      TRY(const std::int64_t position, consumer.position(range.partition));
      range.next = std::max(range.next, position);
    }
  }
  return {};
}

}  // namespace ropewalk::cli
