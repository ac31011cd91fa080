// What the tests of the accumulator share.
#pragma once

#include "client/src/core/accumulator.h"

namespace ropewalk::client {

inline constexpr env::MonotonicTime kStart{std::chrono::hours(1)};

struct NoWaiting : Waiting {
  bool wait(const std::function<bool()>& ready, std::chrono::nanoseconds) override {
    return ready();
  }
};

// Its error; none if it was delivered. Pre: ready.
inline Errc code_of(const Delivery& delivery) {
  const auto result = delivery.wait();
  return result ? Errc::none : result.error().code;
}

}  // namespace ropewalk::client
