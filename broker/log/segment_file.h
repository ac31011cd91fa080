// The open file of one segment, shared by the log, its views and the sends under way.
//
// Senders pin what they send: a truncation waits until no range of an older view is pinned, and
// wants those back that keep it waiting for too long (R10).
// Any thread.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "broker/log/segment_header.h"
#include "common/env/file.h"
#include "common/env/lent_file.h"
#include "common/env/network.h"

namespace ropewalk::log {

class SegmentFile final : public env::FileLender, public std::enable_shared_from_this<SegmentFile> {
 public:
  SegmentFile(SegmentIdentity identity, env::FilePtr file)
      : identity_(identity), file_(std::move(file)) {}

  const SegmentIdentity& identity() const { return identity_; }
  Offset base_offset() const { return identity_.base_offset; }
  env::File& file() const { return *file_; }
  const env::FilePtr& file_ptr() const { return file_; }

  // How often the file was cut. A view remembers it.
  std::uint32_t cuts() const { return cuts_.load(); }
  // A range that keeps its bytes from being cut for as long as its `file` lives. `cuts` is the
  // view's. Errors: not_leader_or_follower when the file was cut since: look at a new view.
  Result<env::FileRange> pin(std::uint32_t cuts, std::uint64_t position, std::size_t length);

  // The log's side: refuses pins of older views from now on. Pre: no cut is under way.
  void begin_cut() {
    wants_back_.store(false);
    cuts_.fetch_add(1);
  }
  // Pins from before the last begin_cut().
  std::size_t pinned_before_cut() const { return pins_[(cuts_.load() + 1) % 2].load(); }
  // Those are overdue, from now on and until the next begin_cut().
  void want_pins_back() { wants_back_.store(true); }

  // FileLender; a turn is the count of cuts that a pin was made at.
  void give_back(std::uint32_t turn) override { pins_[turn % 2].fetch_sub(1); }
  bool wants_back(std::uint32_t turn) const override {
    return wants_back_.load() && turn != cuts_.load();
  }

 private:
  SegmentIdentity identity_;
  env::FilePtr file_;
  // All sequentially consistent: a pin is counted before it looks at `cuts_`, and a cut is
  // announced before it looks at the pins. By parity of the count of cuts.
  std::array<std::atomic<std::size_t>, 2> pins_{};
  std::atomic<std::uint32_t> cuts_ = 0;
  std::atomic<bool> wants_back_ = false;
};
using SegmentFilePtr = std::shared_ptr<SegmentFile>;

// "00000000000000000042.log", ".index" accordingly.
std::string segment_file_name(Offset base);
std::string index_file_name(Offset base);
// The base offset in a segment's name; kNoOffset for any other name.
Offset base_of_segment_file_name(std::string_view name);

}  // namespace ropewalk::log
