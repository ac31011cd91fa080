// Which partitions of a topic a command is about, and which offsets in them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/cli/options.h"
#include <ropewalk/admin.h>

namespace ropewalk::cli {

// What a partition has now: [begin, end).
struct PartitionSpan {
  PartitionName partition;
  std::int64_t begin = 0;
  std::int64_t end = 0;
};

// Of that partition, or of all that the topic has. Errors: those of the Admin; also
// unknown_topic_or_partition for a partition that the topic does not have.
Result<std::vector<PartitionSpan>> spans_of(Admin& admin, const std::string& topic,
                                            std::optional<std::int32_t> partition);

// Where `start` is in each: the last so many begin at the beginning if there are fewer, and a time
// that no record has reached is at the end. An offset is what it is, also outside of the span.
// Errors: those of the Admin.
Result<std::vector<std::int64_t>> offsets_of(Admin& admin, const std::vector<PartitionSpan>& spans,
                                             const ConsumeStart& start);

}  // namespace ropewalk::cli
