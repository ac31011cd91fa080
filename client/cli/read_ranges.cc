#include "client/cli/read_ranges.h"

#include <algorithm>

namespace ropewalk::cli {

void ReadRanges::add(PartitionName partition, std::int64_t next, std::int64_t end) {
  ranges_.push_back({std::move(partition), next, end});
}

Result<void> ReadRanges::begin(Consumer& consumer) const {
  std::vector<PartitionName> partitions;
  for (const Range& range : ranges_) partitions.push_back(range.partition);
  TRY_VOID(consumer.assign(partitions));
  for (const Range& range : ranges_) TRY_VOID(consumer.seek(range.partition, range.next));
  return {};
}

bool ReadRanges::take(const ConsumedRecord& record) {
  if (ranges_[latest_].partition.partition != record.partition)
    latest_ = static_cast<std::size_t>(std::ranges::find_if(ranges_,
                                                            [&](const Range& one) {
                                                              return one.partition.partition ==
                                                                     record.partition;
                                                            }) -
                                       ranges_.begin());
  Range& range = ranges_[latest_];
  range.next = std::max(range.next, record.offset + 1);
  return record.offset < range.end;
}

Result<void> ReadRanges::advance(Consumer& consumer) {
  for (Range& range : ranges_) {
    if (range.next >= range.end) continue;
    TRY(const std::int64_t position, consumer.position(range.partition));
    range.next = std::max(range.next, position);
  }
  return {};
}

bool ReadRanges::done() const {
  return std::ranges::all_of(ranges_, [](const Range& range) { return range.next >= range.end; });
}

}  // namespace ropewalk::cli
