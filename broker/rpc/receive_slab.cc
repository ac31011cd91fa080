#include "broker/rpc/receive_slab.h"

#include <array>
#include <utility>

#include "common/error.h"

namespace ropewalk::rpc {

struct ReceiveSlab::Page {
  Page* next = nullptr;
  std::array<std::byte, kPageBytes> bytes;
};

// Pages that nobody refers to. Any thread pushes; the slab's core alone takes, the whole stack at
// once, so that no page can come back between a look and an exchange.
struct ReceiveSlab::FreeList {
  std::atomic<Page*> returned{nullptr};
  Page* kept = nullptr;
  std::size_t kept_count = 0;

  ~FreeList() {
    drop(returned.load(std::memory_order_acquire));
    drop(kept);
  }
  static void drop(Page* page) {
    while (page != nullptr) delete std::exchange(page, page->next);
  }
  void give_back(Page* page) {
    page->next = returned.load(std::memory_order_relaxed);
    while (!returned.compare_exchange_weak(page->next, page, std::memory_order_release,
                                           std::memory_order_relaxed)) {
    }
  }
  Page* take() {
    Page* page = returned.exchange(nullptr, std::memory_order_acquire);
    while (page != nullptr) {
      Page* const next = page->next;
      if (kept_count < kKeptPages) {
        page->next = std::exchange(kept, page);
        kept_count++;
      } else {
        delete page;
      }
      page = next;
    }
    if (kept == nullptr) return nullptr;
    kept_count--;
    return std::exchange(kept, kept->next);
  }
};

ReceiveSlab::ReceiveSlab() : free_(std::make_shared<FreeList>()) {}

ReceiveSlab::~ReceiveSlab() = default;

std::shared_ptr<ReceiveSlab::Page> ReceiveSlab::take_page() {
  Page* page = free_->take();
  if (page == nullptr)
    page = new Page;  // Its bytes are left as they are: they are read into first.
  return {page, [free = free_](Page* done) { free->give_back(done); }};
}

MutableByteSpan ReceiveSlab::prepare() {
  if (page_ == nullptr || kPageBytes - filled_ < kLeastRoom) {
    page_ = take_page();
    filled_ = 0;
  }
  return MutableByteSpan(page_->bytes).subspan(filled_);
}

SharedBytes ReceiveSlab::commit(std::size_t count) {
  ENSURE(page_ != nullptr && count <= kPageBytes - filled_, "{} bytes were read beyond their page",
         count);
  SharedBytes read(page_, ByteSpan(page_->bytes).subspan(filled_, count));
  filled_ += count;
  return read;
}

}  // namespace ropewalk::rpc
