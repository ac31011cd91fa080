// Makes pending results, some at a time.
//
// One memory block and one reference to what they wait by serve sixteen: made in the program's
// thread and ended on the I/O thread, each of its own cost more than all the rest of a small record
// (the two threads met at the allocator's lock). Who keeps one result keeps its block, 4 KiB.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <utility>

#include "ropewalk/pending.h"

namespace ropewalk::client {

template <class T>
class PendingStates {
 public:
  explicit PendingStates(std::shared_ptr<detail::Waiting> waiting) : waiting_(std::move(waiting)) {}

  // One thread at a time.
  std::shared_ptr<detail::PendingState<T>> next() {
    if (used_ == kTogether) {
      block_ = std::make_shared<Block>(waiting_);
      used_ = 0;
    }
    return {block_, &block_->states[used_++]};
  }

 private:
  static constexpr std::size_t kTogether = 16;

  struct Block {
    explicit Block(std::shared_ptr<detail::Waiting> how) : waiting(std::move(how)) {
      for (auto& state : states) state.waiting = waiting.get();
    }
    const std::shared_ptr<detail::Waiting> waiting;
    std::array<detail::PendingState<T>, kTogether> states;
  };

  const std::shared_ptr<detail::Waiting> waiting_;
  std::shared_ptr<Block> block_;
  std::size_t used_ = kTogether;
};

}  // namespace ropewalk::client
