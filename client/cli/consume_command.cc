#include <algorithm>
#include <limits>

#include "client/cli/commands.h"
#include "client/cli/partition_offsets.h"
#include "client/cli/record_text.h"
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

Result<std::vector<Range>> chosen_ranges(Client& client, const Consume& command) {
  Admin admin(client);
  TRY(const std::vector<PartitionSpan> spans, spans_of(admin, command.topic, command.partition));
  TRY(const std::vector<std::int64_t> starts, offsets_of(admin, spans, command.start));
  std::vector<Range> ranges;
  for (std::size_t i = 0; i < spans.size(); i++) {
    if (command.start.from == From::offset &&
        (starts[i] < spans[i].begin || starts[i] > spans[i].end))
      return fail(Errc::offset_out_of_range, "{} begins at offset {} and ends at {}; {} is outside",
                  to_string(spans[i].partition), spans[i].begin, spans[i].end, starts[i]);
    const std::int64_t end =
        command.follow ? std::numeric_limits<std::int64_t>::max() : spans[i].end;
    ranges.push_back({spans[i].partition, starts[i], end});
  }
  return ranges;
}

Result<void> begin_at(Consumer& consumer, const std::vector<Range>& ranges) {
  std::vector<PartitionName> partitions;
  for (const Range& range : ranges) partitions.push_back(range.partition);
  TRY_VOID(consumer.assign(partitions));
  for (const Range& range : ranges) TRY_VOID(consumer.seek(range.partition, range.next));
  return {};
}

bool is_done(const std::vector<Range>& ranges) {
  return std::ranges::all_of(ranges, [](const Range& range) { return range.next >= range.end; });
}

Range& range_of(std::vector<Range>& ranges, std::int32_t partition) {
  return *std::ranges::find_if(
      ranges, [&](const Range& range) { return range.partition.partition == partition; });
}

// What to print of them; `wanted` says how many more may be, at most.
std::string text_of(const Records& records, const Consume& command, std::vector<Range>& ranges,
                    std::int64_t& wanted) {
  std::string out;
  for (const ConsumedRecord& record : records) {
    Range& range = range_of(ranges, record.partition);
    range.next = std::max(range.next, record.offset + 1);
    if (record.offset >= range.end || wanted == 0) continue;
    wanted--;
    command.format ? command.format->append(out, record) : append_json(out, record);
  }
  return out;
}

// The last offsets before an end may hold no records for us: the position tells.
Result<void> advance(Consumer& consumer, std::vector<Range>& ranges) {
  for (Range& range : ranges) {
    if (range.next >= range.end) continue;
    TRY(const std::int64_t position, consumer.position(range.partition));
    range.next = std::max(range.next, position);
  }
  return {};
}

}  // namespace

Result<void> run(Client& client, const Consume& command) {
  TRY(std::vector<Range> ranges, chosen_ranges(client, command));
  // The beginning, in case records go away while they are read.
  Consumer consumer(client, {.offset_reset = OffsetReset::earliest});
  TRY_VOID(begin_at(consumer, ranges));
  std::int64_t wanted = command.count.value_or(std::numeric_limits<std::int64_t>::max());
  while (wanted > 0 && !is_done(ranges)) {
    TRY(const Records records, consumer.poll(kPollWait));
    if (records.empty()) TRY_VOID(advance(consumer, ranges));
    TRY(const bool is_read, print_if_read(text_of(records, command, ranges, wanted)));
    if (!is_read) return {};
  }
  return {};
}

}  // namespace ropewalk::cli
