// Decides where received bytes go and finds the whole frames in them (architecture, D8).
//
// Most frames are small beside a page: they are read many at a time into a shared page and sliced
// in place, and a frame that is cut off at the page's end is copied (up to kTailBytesMax) to the
// front of the next. A larger one gets a buffer of its own, but only when the caller says so, so
// that it can charge a budget before. Between reads a connection that is idle holds nothing.
//
// The caller's turn: while large_bytes() != 0, agree with start_large() or wait; then
//   if (in_large())  read into large_space(), then large_filled(n);
//   else             read into page_space(page), then page_filled(page, n).
// Belongs to one connection.
#pragma once

#include <cstddef>
#include <vector>

#include "common/bytes.h"
#include "common/error.h"

namespace ropewalk::wire {

class FrameAssembler {
 public:
  static constexpr std::size_t kTailBytesMax = 16 * 1024;
  // The least room that page_space() can work with.
  static constexpr std::size_t kPageBytesMin = 2 * kTailBytesMax;

  explicit FrameAssembler(std::size_t frame_bytes_max) : frame_bytes_max_(frame_bytes_max) {}

  // Size of the buffer that the frame under way needs before more can be read; 0: none.
  std::size_t large_bytes() const { return large_.empty() ? large_bytes_ : 0; }
  // Pre: large_bytes() != 0.
  void start_large();

  bool in_large() const { return !large_.empty(); }
  MutableByteSpan large_space();
  // Appends the frame (without its length) to `frames` when it is complete.
  void large_filled(std::size_t bytes, std::vector<SharedBytes>& frames);

  // Copies what is left of the last page to the front and returns where to read to. Behind a large
  // frame little is asked for, since more of them are likely. Pre: page.size() >= kPageBytesMin,
  // and large_bytes() == 0.
  MutableByteSpan page_space(MutableByteSpan page);
  // `page` is what page_space() got, shared; `bytes` were read into its answer. Appends all whole
  // frames (without their lengths), which share the page. Errors: see decode_length(); frames
  // before the bad one are appended, and nothing can be read any more.
  Result<void> page_filled(const SharedBytes& page, std::size_t bytes,
                           std::vector<SharedBytes>& frames);
  // How many bytes of the page page_filled() has to see again: its tail in front and what was read.
  std::size_t page_used(std::size_t bytes) const { return tail_.size() + bytes; }

  // Whether the peer would cut off a frame by ending here.
  bool in_the_middle() const { return in_large() || large_bytes_ != 0 || !tail_.empty(); }

 private:
  std::size_t frame_bytes_max_;
  std::vector<std::byte> tail_;  // Begins with a length. At most kTailBytesMax.
  SharedBytes large_beginning_;  // Of a large frame that was not started; keeps its page alive.
  std::size_t large_bytes_ = 0;  // With its length.
  std::vector<std::byte> large_;
  std::size_t large_filled_ = 0;
  bool after_large_ = false;
};

}  // namespace ropewalk::wire
