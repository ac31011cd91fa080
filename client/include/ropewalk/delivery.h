// The fate of a record that was sent, which is not there yet.
//
// A handle: copies share the result. All functions may be called from any thread. The result comes
// exactly once; closing or destroying the producer makes it Errc::closed. The records of a batch
// keep their results in one place: who keeps a delivery keeps that (some hundred bytes), not the
// records.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "common/error.h"
#include "ropewalk/types.h"

namespace ropewalk {

namespace client {
class DeliveryState;
}

class [[nodiscard]] Delivery {
 public:
  using Callback = std::function<void(const Result<Delivered>&)>;

  // Producer::send() makes them: the record of that number in what `state` is the fate of.
  Delivery(std::shared_ptr<client::DeliveryState> state, std::uint32_t index)
      : state_(std::move(state)), index_(index) {}

  bool ready() const;
  // Blocks until the result is there. Errors: the result's, or request_timed_out when the timeout
  // has passed first: the work goes on then, and waiting again may help. Not to be called in a
  // callback.
  Result<Delivered> wait(std::chrono::nanoseconds timeout = std::chrono::hours(24)) const;
  // Runs on the I/O thread when the result comes, or here and now if it is there; what a closing
  // producer gives up is told on the closing thread. One callback; it must not block. An exception
  // that leaves it here and now is the caller's; one that leaves it later is logged, counted in
  // ClientStatistics::callback_failures, and goes no further: the I/O thread and all other results
  // carry on.
  void then(Callback callback) const;

 private:
  std::shared_ptr<client::DeliveryState> state_;
  std::uint32_t index_;
};

}  // namespace ropewalk
