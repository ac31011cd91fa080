#include "client/cli/partition_offsets.h"

#include <algorithm>

namespace ropewalk::cli {
namespace {

Result<std::vector<PartitionName>> partitions_of(Admin& admin, const std::string& topic,
                                                 std::optional<std::int32_t> partition) {
  TRY(const std::vector<DescribedTopic> topics, admin.describe_topics({topic}));
  std::vector<PartitionName> found;
  for (const DescribedPartition& one : topics.at(0).partitions)
    if (!partition || *partition == one.partition) found.push_back({topic, one.partition});
  if (found.empty())
    return fail(Errc::unknown_topic_or_partition, "{} has no partition {}", topic,
                partition.value_or(0));
  return found;
}

Result<std::vector<std::int64_t>> offsets_of_time(Admin& admin,
                                                  const std::vector<PartitionSpan>& spans,
                                                  Timestamp time) {
  std::vector<OffsetQuestion> questions;
  for (const PartitionSpan& span : spans)
    questions.push_back({span.partition, OffsetWanted::by_timestamp, time});
  TRY(const std::vector<OffsetAnswer> answers, admin.list_offsets(questions));
  std::vector<std::int64_t> offsets;
  for (std::size_t i = 0; i < spans.size(); i++)
    offsets.push_back(answers[i].offset < 0 ? spans[i].end : answers[i].offset);
  return offsets;
}

std::int64_t offset_in(const PartitionSpan& span, const ConsumeStart& start) {
  switch (start.from) {
    case From::beginning:
      return span.begin;
    case From::offset:
      return start.offset;
    case From::last:
      return span.end - std::min(start.count, span.end - span.begin);
    default:
      return span.end;
  }
}

}  // namespace

Result<std::vector<PartitionSpan>> spans_of(Admin& admin, const std::string& topic,
                                            std::optional<std::int32_t> partition) {
  TRY(const std::vector<PartitionName> partitions, partitions_of(admin, topic, partition));
  std::vector<OffsetQuestion> questions;
  for (const PartitionName& name : partitions)
    for (const OffsetWanted wanted : {OffsetWanted::earliest, OffsetWanted::latest})
      questions.push_back({name, wanted, {}});
  TRY(const std::vector<OffsetAnswer> answers, admin.list_offsets(questions));
  std::vector<PartitionSpan> spans;
  for (std::size_t i = 0; i < partitions.size(); i++)
    spans.push_back({partitions[i], answers[2 * i].offset, answers[2 * i + 1].offset});
  return spans;
}

Result<std::vector<std::int64_t>> offsets_of(Admin& admin, const std::vector<PartitionSpan>& spans,
                                             const ConsumeStart& start) {
  if (start.from == From::time) return offsets_of_time(admin, spans, start.time);
  std::vector<std::int64_t> offsets;
  for (const PartitionSpan& span : spans) offsets.push_back(offset_in(span, start));
  return offsets;
}

}  // namespace ropewalk::cli
