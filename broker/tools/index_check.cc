#include "broker/tools/index_check.h"

#include <algorithm>

namespace ropewalk::tools {

void IndexCheck::see(const BatchHeader& header, std::uint64_t position) {
  const auto entries = stored_.index.view().entries();
  if (met_ < entries.size()) {
    const log::IndexEntry& entry = entries[met_];
    const bool fits = entry.position == position &&
                      base_ + std::int64_t{entry.offset_delta} == header.base_offset &&
                      entry.max_timestamp_before == max_timestamp_;
    if (fits) met_++;
  }
  max_timestamp_ = std::max(max_timestamp_, header.max_timestamp);
}

std::string IndexCheck::verdict(Offset end) const {
  const auto entries = stored_.index.view().entries();
  if (met_ < entries.size())
    return fmt::format("entry {} names position {}, where no such batch begins", met_,
                       entries[met_].position);
  if (stored_.end_offset != end)
    return fmt::format("it ends at offset {}, the segment at {}", stored_.end_offset, end);
  if (stored_.index.max_timestamp() != max_timestamp_)
    return fmt::format("it says that the latest record is of {}, the segment of {}",
                       stored_.index.max_timestamp(), max_timestamp_);
  return {};
}

}  // namespace ropewalk::tools
