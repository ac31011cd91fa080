// The open file of one segment, shared by the log, its views and the sends under way.
//
// Senders pin the bytes they send: truncation waits until no range at or behind the cut is pinned
// (R10). Any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "broker/log/segment_header.h"
#include "common/env/file.h"
#include "common/env/network.h"

namespace ropewalk::log {

class SegmentFile : public std::enable_shared_from_this<SegmentFile> {
 public:
  SegmentFile(SegmentIdentity identity, env::FilePtr file)
      : identity_(identity), file_(std::move(file)) {}

  const SegmentIdentity& identity() const { return identity_; }
  Offset base_offset() const { return identity_.base_offset; }
  env::File& file() const { return *file_; }
  const env::FilePtr& file_ptr() const { return file_; }

  // A range that keeps its bytes from being cut for as long as its `file` lives. Errors:
  // not_leader_or_follower when a truncation below its end has begun (the view is of an older
  // generation: look again).
  Result<env::FileRange> pin(std::uint64_t position, std::size_t length);

  // The log's side. From now on pin() refuses ranges that end behind `position`.
  void begin_cut(std::uint64_t position) { cut_at_.store(position); }
  void end_cut() { cut_at_.store(kNoCut); }
  std::size_t pinned() const { return pins_.load(); }

 private:
  static constexpr std::uint64_t kNoCut = UINT64_MAX;
  SegmentIdentity identity_;
  env::FilePtr file_;
  // Both sequentially consistent: a pin is counted before it looks for a cut, and a cut is
  // announced before it looks for pins.
  std::atomic<std::size_t> pins_ = 0;
  std::atomic<std::uint64_t> cut_at_ = kNoCut;
};
using SegmentFilePtr = std::shared_ptr<SegmentFile>;

// "00000000000000000042.log", ".index" accordingly.
std::string segment_file_name(Offset base);
std::string index_file_name(Offset base);
// The base offset in a segment's name; kNoOffset for any other name.
Offset base_of_segment_file_name(std::string_view name);

}  // namespace ropewalk::log
