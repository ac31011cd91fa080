// Turns what arrives on one connection into whole frames, without I/O and, mostly, without copying.
//
// A frame is a 4-byte big-endian length and that many bytes (common/wire). Whole frames are slices
// of the page that they were read into. What is left of a read, up to kTailBytes, is copied aside,
// so that the page is free for other connections; a frame of which more is missing gets a buffer of
// its own, and the rest is read straight into it. A length is only a claim: what a frame is charged
// for grows with what has come of it, and memory that nobody wrote to is none yet.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "broker/rpc/reader.h"
#include "broker/rpc/receive_slab.h"
#include "broker/rpc/shared_limits.h"
#include "common/bytes.h"
#include "common/error.h"

namespace ropewalk::rpc {

class FrameReader final : public Reader {
 public:
  static constexpr std::size_t kLengthBytes = 4;
  // A frame up to this is read into a page, which always has that much room.
  static constexpr std::size_t kPagedBytes = ReceiveSlab::kLeastRoom;
  static constexpr std::size_t kTailBytes = 16 << 10;
  // What a large frame is charged for at first; each time that this much is there, for kGrowth
  // times as much.
  static constexpr std::size_t kFirstBytes = 128 << 10;
  static constexpr std::size_t kGrowth = 4;

  FrameReader(ReceiveSlab& slab, std::shared_ptr<FrameBudget> budget, std::size_t frame_bytes_max);

  MutableByteSpan prepare() override;
  // Frames come without their length.
  Result<void> filled(std::size_t count, std::vector<SharedBytes>& frames) override;
  // While a frame's memory does not fit into the budget.
  bool blocked() const override { return !waiting_.empty() || may_not_grow_; }
  bool unblock() override;
  std::size_t large_piece_bytes() const override;

 private:
  Result<void> split(SharedBytes read, std::vector<SharedBytes>& frames);
  bool start_own_buffer(SharedBytes beginning, std::size_t length);

  ReceiveSlab& slab_;
  const std::shared_ptr<FrameBudget> budget_;
  const std::size_t frame_bytes_max_;

  std::vector<std::byte> tail_;  // The beginning of a frame, with its length.
  class OwnBuffer;
  std::shared_ptr<OwnBuffer> own_;
  std::size_t own_filled_ = 0;
  bool may_not_grow_ = false;
  std::size_t last_frame_bytes_ = 0;  // Large frames tend to come in a row.
  SharedBytes waiting_;               // The beginning of a frame that waits for the budget.
  std::size_t waiting_length_ = 0;
};

}  // namespace ropewalk::rpc
