#include <limits>

#include "client/cli/commands.h"
#include "client/cli/partition_offsets.h"
#include "client/cli/read_ranges.h"
#include "client/cli/record_text.h"

namespace ropewalk::cli {
namespace {

constexpr std::chrono::milliseconds kPollWait{200};

Result<ReadRanges> chosen_ranges(Client& client, const Consume& command) {
  Admin admin(client);
  TRY(const std::vector<PartitionSpan> spans, spans_of(admin, command.topic, command.partition));
  TRY(const std::vector<std::int64_t> starts, offsets_of(admin, spans, command.start));
  ReadRanges ranges;
  for (std::size_t i = 0; i < spans.size(); i++) {
    if (command.start.from == From::offset &&
        (starts[i] < spans[i].begin || starts[i] > spans[i].end))
      return fail(Errc::offset_out_of_range, "{} begins at offset {} and ends at {}; {} is outside",
                  to_string(spans[i].partition), spans[i].begin, spans[i].end, starts[i]);
    ranges.add(spans[i].partition, starts[i],
               command.follow ? std::numeric_limits<std::int64_t>::max() : spans[i].end);
  }
  return ranges;
}

// What to print of them; `wanted` says how many more may be, at most.
std::string text_of(const Records& records, const Consume& command, ReadRanges& ranges,
                    std::int64_t& wanted) {
  std::string out;
  for (const ConsumedRecord& record : records) {
    if (!ranges.take(record) || wanted == 0) continue;
    wanted--;
    command.format ? command.format->append(out, record) : append_json(out, record);
  }
  return out;
}

}  // namespace

Result<void> run(Client& client, const Consume& command) {
  TRY(ReadRanges ranges, chosen_ranges(client, command));
  // The beginning, in case records go away while they are read.
  Consumer consumer(client, {.offset_reset = OffsetReset::earliest});
  TRY_VOID(ranges.begin(consumer));
  std::int64_t wanted = command.count.value_or(std::numeric_limits<std::int64_t>::max());
  while (wanted > 0 && !ranges.done()) {
    TRY(const Records records, consumer.poll(kPollWait));
    if (records.empty()) TRY_VOID(ranges.advance(consumer));
    TRY(const bool is_read, print_if_read(text_of(records, command, ranges, wanted)));
    if (!is_read) return {};
  }
  return {};
}

}  // namespace ropewalk::cli
