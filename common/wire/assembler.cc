#include "common/wire/assembler.h"

#include <algorithm>
#include <utility>

#include "common/wire/frame.h"

namespace ropewalk::wire {

void FrameAssembler::start_large() {
  large_.resize(large_bytes_);
  const ByteSpan beginning = large_beginning_.span();
  std::copy(beginning.begin(), beginning.end(), large_.begin());
  large_filled_ = beginning.size();
  large_beginning_ = {};
}

MutableByteSpan FrameAssembler::large_space() {
  return MutableByteSpan(large_).subspan(large_filled_);
}

void FrameAssembler::large_filled(std::size_t bytes, std::vector<SharedBytes>& frames) {
  large_filled_ += bytes;
  if (large_filled_ < large_.size()) return;
  const SharedBytes whole(std::exchange(large_, {}));
  frames.push_back(whole.slice(kLengthBytes, whole.size() - kLengthBytes));
  large_filled_ = 0;
  large_bytes_ = 0;
  after_large_ = true;
}

MutableByteSpan FrameAssembler::page_space(MutableByteSpan page) {
  std::copy(tail_.begin(), tail_.end(), page.begin());
  MutableByteSpan space = page.subspan(tail_.size());
  if (after_large_) space = space.first(std::min(space.size(), kTailBytesMax - tail_.size() + 1));
  return space;
}

Result<void> FrameAssembler::page_filled(const SharedBytes& page, std::size_t bytes,
                                         std::vector<SharedBytes>& frames) {
  const std::size_t end = tail_.size() + bytes;
  std::size_t begin = 0;
  tail_.clear();
  while (end - begin >= kLengthBytes) {
    TRY(const std::size_t length,
        decode_length(page.span().subspan(begin, kLengthBytes), frame_bytes_max_));
    const std::size_t whole = kLengthBytes + length;
    if (whole > end - begin) {
      if (whole <= kTailBytesMax) break;
      large_bytes_ = whole;
      large_beginning_ = page.slice(begin, end - begin);
      return {};
    }
    frames.push_back(page.slice(begin + kLengthBytes, length));
    begin += whole;
    after_large_ = false;
  }
  const ByteSpan left = page.span().subspan(begin, end - begin);
  tail_.assign(left.begin(), left.end());
  return {};
}

}  // namespace ropewalk::wire
