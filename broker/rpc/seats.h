// Which connections may be open: so many in all, and so many of one address. Without I/O.
//
// take() is for the one who accepts, on its core; a seat is given back on any.
#pragma once

#include <atomic>
#include <cstddef>
#include <expected>
#include <map>
#include <memory>
#include <string>
#include <utility>

namespace ropewalk::rpc {

class Seats {
 public:
  // One connection's; ends with it, and may outlive the Seats.
  class Seat {
   public:
    Seat(Seat&&) noexcept = default;
    Seat& operator=(Seat&&) = delete;
    ~Seat() {
      if (all_) all_->fetch_sub(1, std::memory_order_relaxed);
      if (of_address_) of_address_->fetch_sub(1, std::memory_order_relaxed);
    }

   private:
    friend class Seats;
    using Count = std::atomic<std::size_t>;
    Seat(std::shared_ptr<Count> all, std::shared_ptr<Count> of_address)
        : all_(std::move(all)), of_address_(std::move(of_address)) {
      all_->fetch_add(1, std::memory_order_relaxed);
      if (of_address_) of_address_->fetch_add(1, std::memory_order_relaxed);
    }
    std::shared_ptr<Count> all_;
    std::shared_ptr<Count> of_address_;  // Null where addresses are not limited.
  };
  enum class Full { all, of_address };

  // `of_address_max` 0: one address may have all of them.
  Seats(std::size_t all_max, std::size_t of_address_max)
      : all_max_(all_max), of_address_max_(of_address_max) {}

  // Addresses that have one owner (env::owner_of_address) count together.
  std::expected<Seat, Full> take(const std::string& address);
  // Any thread.
  std::size_t taken() const { return all_->load(std::memory_order_relaxed); }
  std::size_t all_max() const { return all_max_; }
  std::size_t of_address_max() const { return of_address_max_ > 0 ? of_address_max_ : all_max_; }

 private:
  using Count = std::atomic<std::size_t>;
  void forget_the_gone();

  const std::size_t all_max_;
  const std::size_t of_address_max_;
  const std::shared_ptr<Count> all_ = std::make_shared<Count>(0);
  std::map<std::string, std::shared_ptr<Count>> addresses_;  // By their owner.
  std::size_t forget_at_ = 64;                               // As many addresses.
};

}  // namespace ropewalk::rpc
