#include "broker/rpc/frame_reader.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "common/wire/frame.h"

namespace ropewalk::rpc {

// A frame's memory and what it is charged for.
class FrameReader::OwnBuffer {
 public:
  OwnBuffer(std::shared_ptr<FrameBudget> budget, std::size_t size)
      : budget_(std::move(budget)),
        bytes_(static_cast<std::byte*>(std::malloc(size))),
        size_(bytes_ == nullptr ? 0 : size) {}
  ~OwnBuffer() {
    std::free(bytes_);
    budget_->give(charged_);
    if (overdrawing_) budget_->end_overdraft();
  }
  OwnBuffer(const OwnBuffer&) = delete;
  OwnBuffer& operator=(const OwnBuffer&) = delete;

  // Of the whole frame; 0 if there is no memory for it.
  std::size_t size() const { return size_; }
  // What may be written to.
  MutableByteSpan room() { return {bytes_, charged_}; }
  bool charge(std::size_t bytes) {
    const std::size_t more = std::min(bytes, size_) - charged_;
    if (overdrawing_ || !budget_->take(more)) {
      // A frame that has not begun waits its turn.
      overdrawing_ = overdrawing_ || (charged_ > 0 && budget_->begin_overdraft());
      if (!overdrawing_) return false;
      budget_->overdraw(more);
    }
    charged_ += more;
    return true;
  }

 private:
  const std::shared_ptr<FrameBudget> budget_;
  std::byte* const bytes_;
  const std::size_t size_;
  std::size_t charged_ = 0;
  bool overdrawing_ = false;
};

FrameReader::FrameReader(ReceiveSlab& slab, std::shared_ptr<FrameBudget> budget,
                         std::size_t frame_bytes_max)
    : slab_(slab), budget_(std::move(budget)), frame_bytes_max_(frame_bytes_max) {}

MutableByteSpan FrameReader::prepare() {
  if (own_) return own_->room().subspan(own_filled_);
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
    if (own_filled_ == own_->size()) {
      last_frame_bytes_ = own_filled_;
      const ByteSpan bytes = own_->room();
      frames.emplace_back(std::move(own_), bytes);
      own_.reset();
    } else if (own_filled_ == own_->room().size()) {
      may_not_grow_ = !own_->charge(kGrowth * own_filled_);
    }
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
  auto buffer = std::make_shared<OwnBuffer>(budget_, length);
  // There is always room behind the beginning: the next read has somewhere to go.
  if (buffer->size() == 0 || !buffer->charge(std::max(kFirstBytes, kGrowth * beginning.size())))
    return false;
  own_ = std::move(buffer);
  own_filled_ = beginning.size();
  std::ranges::copy(beginning.span(), own_->room().begin());
  return true;
}

std::size_t FrameReader::large_piece_bytes() const {
  return own_ ? own_->size() : waiting_.empty() ? 0 : waiting_length_;
}

bool FrameReader::unblock() {
  if (!blocked()) return true;
  if (may_not_grow_) {
    may_not_grow_ = !own_->charge(kGrowth * own_filled_);
    return !may_not_grow_;
  }
  const SharedBytes beginning = waiting_.slice(kLengthBytes, waiting_.size() - kLengthBytes);
  if (!start_own_buffer(beginning, waiting_length_)) return false;
  waiting_ = {};
  return true;
}

}  // namespace ropewalk::rpc
