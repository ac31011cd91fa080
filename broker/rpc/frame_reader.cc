#include "broker/rpc/frame_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "common/wire/frame.h"

namespace ropewalk::rpc {
FrameReader::FrameReader(ReceiveSlab& slab, std::shared_ptr<FrameBudget> budget,
                         std::size_t frame_bytes_max)
    : slab_(slab), budget_(std::move(budget)), frame_bytes_max_(frame_bytes_max) {}

MutableByteSpan FrameReader::prepare() {
  if (own_) return {own_.get() + own_filled_, own_size_ - own_filled_};
  MutableByteSpan room = slab_.prepare();
  // Of a large frame little is read before its size is known, and so little has to be copied.
  if (last_frame_bytes_ > kPagedBytes) room = room.first(kTailBytes + kLengthBytes);
  if (tail_.empty()) return room;
  std::memcpy(room.data(), tail_.data(), tail_.size());
  return room.subspan(tail_.size());
}

Result<void> FrameReader::filled(std::size_t count, std::vector<SharedBytes>& frames) {
  if (own_) {
    own_filled_ += count;
    if (own_filled_ < own_size_) return {};
    last_frame_bytes_ = own_size_;
    const ByteSpan bytes(own_.get(), own_size_);
    frames.emplace_back(std::move(own_), bytes);
    own_.reset();
    return {};
  }
  SharedBytes read = slab_.commit(tail_.size() + count);
  tail_.clear();
  return split(std::move(read), frames);
}

Result<void> FrameReader::split(SharedBytes read, std::vector<SharedBytes>& frames) {
  std::size_t at = 0;
  for (;;) {
    const std::size_t rest = read.size() - at;
    if (rest < kLengthBytes) break;
    TRY(const std::size_t length, wire::decode_length(read.span().subspan(at), frame_bytes_max_));
    if (rest - kLengthBytes < length) {
      if (rest <= kTailBytes && kLengthBytes + length <= kPagedBytes) break;
      SharedBytes beginning = read.slice(at + kLengthBytes, rest - kLengthBytes);
      if (!start_own_buffer(beginning, length)) {
        waiting_ = read.slice(at, rest);
        waiting_length_ = length;
      }
      return {};
    }
    frames.push_back(read.slice(at + kLengthBytes, length));
    last_frame_bytes_ = length;
    at += kLengthBytes + length;
  }
  const ByteSpan rest = read.span().subspan(at);
  tail_.assign(rest.begin(), rest.end());
  return {};
}

bool FrameReader::start_own_buffer(SharedBytes beginning, std::size_t length) {
  if (!budget_->take(length)) return false;
  own_ = std::shared_ptr<std::byte[]>(new std::byte[length],
                                      [budget = budget_, length](std::byte* bytes) {
                                        delete[] bytes;
                                        budget->give(length);
                                      });
  own_size_ = length;
  own_filled_ = beginning.size();
  if (!beginning.empty()) std::memcpy(own_.get(), beginning.data(), beginning.size());
  return true;
}

bool FrameReader::unblock() {
  if (!blocked()) return true;
  const SharedBytes beginning = waiting_.slice(kLengthBytes, waiting_.size() - kLengthBytes);
  if (!start_own_buffer(beginning, waiting_length_)) return false;
  waiting_ = {};
  return true;
}

}  // namespace ropewalk::rpc
