// Holds a segment's stored index against the batches that it is about. Pure.
//
// A stored index that decodes is believed by recovery, so that one which says wrong things is
// damage; one that does not decode is made anew.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "broker/log/offset_index.h"
#include "common/records/batch_header.h"

namespace ropewalk::tools {

class IndexCheck {
 public:
  IndexCheck(log::StoredIndex stored, Offset base) : stored_(std::move(stored)), base_(base) {}

  // Each batch of the segment, in order.
  void see(const BatchHeader& header, std::uint64_t position);
  // What is wrong, after all batches, the last of which ends at `end`; empty when nothing is.
  std::string verdict(Offset end) const;

 private:
  log::StoredIndex stored_;
  Offset base_;
  std::size_t met_ = 0;  // Entries that a batch answered to.
  std::int64_t max_timestamp_ = -1;
};

}  // namespace ropewalk::tools
