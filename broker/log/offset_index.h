// The sparse index of one segment: about every index_interval bytes, at which offset a batch begins
// and where.
//
// OffsetIndex is the writer's side (one at a time); IndexView is a snapshot that any thread may
// read while the writer goes on: entries below its count never change. Derived: recovery rebuilds
// it from the segment where the stored one is missing or does not check.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "common/bytes.h"
#include "common/error.h"
#include "common/ids.h"
#include "common/uuid.h"

namespace ropewalk::log {

struct IndexEntry {
  std::uint32_t offset_delta = 0;  // From the segment's base offset, to the batch's base offset.
  std::uint32_t position = 0;      // In the file.
  std::int64_t max_timestamp_before = -1;  // Of all batches of the segment in front of this one.
  bool operator==(const IndexEntry&) const = default;
};

class IndexView {
 public:
  IndexView() = default;
  IndexView(std::shared_ptr<const IndexEntry[]> entries, std::size_t count)
      : entries_(std::move(entries)), count_(count) {}
  std::span<const IndexEntry> entries() const { return {entries_.get(), count_}; }
  // The last entry at or before; none when the first entry lies behind.
  std::optional<IndexEntry> at_or_before_delta(std::uint32_t offset_delta) const;
  std::optional<IndexEntry> at_or_before_position(std::uint64_t position) const;
  // The last entry in front of which no batch is as late as `timestamp`.
  std::optional<IndexEntry> before_timestamp(std::int64_t timestamp) const;

 private:
  std::shared_ptr<const IndexEntry[]> entries_;
  std::size_t count_ = 0;
};

class OffsetIndex {
 public:
  explicit OffsetIndex(std::uint32_t interval_bytes) : interval_(interval_bytes) {}

  // A batch was appended. In order. Adds an entry when the last one is an interval away.
  void add(std::uint64_t offset_delta, std::uint64_t position, std::int64_t max_timestamp);
  // Forgets entries of batches at or behind `position`; `max_timestamp` is that of what stays.
  void truncate(std::uint64_t position, std::int64_t max_timestamp);

  IndexView view() const { return {entries_, count_}; }
  std::int64_t max_timestamp() const { return max_timestamp_; }

 private:
  friend struct StoredIndex;
  void push(IndexEntry entry);
  std::uint32_t interval_;
  std::shared_ptr<IndexEntry[]> entries_;
  std::size_t count_ = 0;
  std::size_t capacity_ = 0;
  std::int64_t max_timestamp_ = -1;
};

// The `.index` file beside a segment that is complete.
struct StoredIndex {
  SegmentId segment;
  std::uint64_t file_bytes = 0;  // Of the segment when this was written: it is stale otherwise.
  Offset end_offset;
  OffsetIndex index;

  static std::string encode(SegmentId segment, std::uint64_t file_bytes, Offset end_offset,
                            const IndexView& index, std::int64_t max_timestamp);
  // Errors: corrupt (also when it is another segment's or was made for another length).
  static Result<StoredIndex> decode(ByteSpan bytes, SegmentId segment, std::uint64_t file_bytes,
                                    std::uint32_t interval_bytes);
};

}  // namespace ropewalk::log
