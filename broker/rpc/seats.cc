#include "broker/rpc/seats.h"

#include <algorithm>

#include "common/env/network.h"

namespace ropewalk::rpc {

std::expected<Seats::Seat, Seats::Full> Seats::take(const std::string& address) {
  if (taken() >= all_max_) return std::unexpected(Full::all);
  if (of_address_max_ == 0) return Seat(all_, nullptr);
  if (addresses_.size() >= forget_at_) forget_the_gone();
  std::shared_ptr<Count>& count = addresses_[env::owner_of_address(address)];
  if (!count) count = std::make_shared<Count>(0);
  if (count->load(std::memory_order_relaxed) >= of_address_max_)
    return std::unexpected(Full::of_address);
  return Seat(all_, count);
}

// Each time that there are twice as many: on average a look at two of them for each new one.
void Seats::forget_the_gone() {
  constexpr std::size_t kLeast = 64;
  std::erase_if(addresses_, [](const auto& entry) {
    return entry.second->load(std::memory_order_relaxed) == 0;
  });
  forget_at_ = std::max(kLeast, 2 * addresses_.size());
}

}  // namespace ropewalk::rpc
