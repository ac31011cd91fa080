// A core's memory for bytes that arrive: pages that its connections fill one after the other.
//
// A slice of what was read keeps its page alive, so that a frame needs no copy however long
// somebody works on it. Used on one core; slices may be dropped on any thread, and then their page
// comes back here.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>

#include "common/bytes.h"

namespace ropewalk::rpc {

class ReceiveSlab {
 public:
  static constexpr std::size_t kPageBytes = 256 << 10;
  static constexpr std::size_t kLeastRoom = 64 << 10;  // Less is not worth a system call.
  static constexpr std::size_t kKeptPages = 16;  // Free pages beyond this go back to the system.

  ReceiveSlab();
  ~ReceiveSlab();
  ReceiveSlab(const ReceiveSlab&) = delete;
  ReceiveSlab& operator=(const ReceiveSlab&) = delete;

  // Room for a read, at least kLeastRoom bytes. Good until the next call of either function.
  MutableByteSpan prepare();
  // The first `count` bytes of it were read.
  SharedBytes commit(std::size_t count);

 private:
  struct Page;
  struct FreeList;
  std::shared_ptr<Page> take_page();

  std::shared_ptr<FreeList> free_;
  std::shared_ptr<Page> page_;  // Being filled.
  std::size_t filled_ = 0;
};

}  // namespace ropewalk::rpc
