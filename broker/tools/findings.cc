#include "broker/tools/findings.h"

#include <iterator>

#include <fmt/format.h>

namespace ropewalk::tools {

void Findings::add(Findings other) {
  partitions += other.partitions;
  segments += other.segments;
  batches += other.batches;
  records += other.records;
  bytes += other.bytes;
  std::ranges::move(other.problems, std::back_inserter(problems));
  std::ranges::move(other.notes, std::back_inserter(notes));
}

std::string Findings::summary() const {
  return fmt::format("partitions {}, segments {}, batches {}, records {}, bytes {}, problems {}",
                     partitions, segments, batches, records, bytes, problems.size());
}

}  // namespace ropewalk::tools
