// A byte limit that several cores share (architecture, D8): what holds memory takes a lease first.
//
// Any thread. A lease gives its bytes back when it ends; the budget must outlive its leases.
#pragma once

#include <atomic>
#include <cstddef>
#include <optional>
#include <utility>

namespace ropewalk::quota {

class ByteBudget {
 public:
  class Lease {
   public:
    Lease() = default;
    Lease(Lease&& other) noexcept
        : budget_(std::exchange(other.budget_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
    Lease& operator=(Lease&& other) noexcept {
      std::swap(budget_, other.budget_);
      std::swap(bytes_, other.bytes_);
      return *this;
    }
    ~Lease() {
      if (budget_ != nullptr) budget_->used_.fetch_sub(bytes_, std::memory_order_relaxed);
    }
    std::size_t bytes() const { return bytes_; }
    // Takes more of the same budget over.
    void add(Lease&& more) {
      if (budget_ == nullptr) budget_ = more.budget_;
      bytes_ += std::exchange(more.bytes_, 0);
      more.budget_ = nullptr;
    }

   private:
    friend class ByteBudget;
    Lease(ByteBudget& budget, std::size_t bytes) : budget_(&budget), bytes_(bytes) {}
    ByteBudget* budget_ = nullptr;
    std::size_t bytes_ = 0;
  };

  explicit ByteBudget(std::size_t limit_bytes) : limit_bytes_(limit_bytes) {}
  ByteBudget(const ByteBudget&) = delete;
  ByteBudget& operator=(const ByteBudget&) = delete;

  // Nothing when the bytes do not fit now. A request larger than the whole budget is let through
  // when nothing else is held: it could never fit otherwise.
  std::optional<Lease> take(std::size_t bytes) {
    const std::size_t before = used_.fetch_add(bytes, std::memory_order_relaxed);
    if (before != 0 && (before > limit_bytes_ || bytes > limit_bytes_ - before)) {
      used_.fetch_sub(bytes, std::memory_order_relaxed);
      return std::nullopt;
    }
    return Lease(*this, bytes);
  }

  std::size_t used_bytes() const { return used_.load(std::memory_order_relaxed); }
  std::size_t limit_bytes() const { return limit_bytes_; }

 private:
  const std::size_t limit_bytes_;
  std::atomic<std::size_t> used_{0};
};

}  // namespace ropewalk::quota
