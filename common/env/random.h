// Chance, as seeded streams. In the simulation everything follows from one seed; in the real
// environment the seed comes from the operating system.
#pragma once

#include <cstdint>
#include <limits>

#include "common/uuid.h"

namespace ropewalk::env {

// xoshiro256**: small, fast, good enough for everything but secrets. A UniformRandomBitGenerator.
// Not thread-safe: each user has a stream of its own.
class Random {
 public:
  using result_type = std::uint64_t;
  explicit Random(std::uint64_t seed);
  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return std::numeric_limits<result_type>::max(); }
  result_type operator()();

  // Uniform in [0, bound). Pre: bound > 0.
  std::uint64_t below(std::uint64_t bound);
  // Uniform in [0, 1).
  double unit();
  bool chance(double probability) { return unit() < probability; }
  Uuid uuid();  // Version 4, never none.

 private:
  std::uint64_t state_[4];
};

}  // namespace ropewalk::env
