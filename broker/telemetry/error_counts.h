// How often each error happened. Any thread; see core_cells.h.
#pragma once

#include <cstddef>
#include <cstdint>

#include "broker/telemetry/core_cells.h"
#include "common/error.h"

namespace ropewalk::telemetry {

class ErrorCounts {
 public:
  explicit ErrorCounts(env::Environment& environment) : cells_(environment, kKafka + kOurs) {}
  void add(Errc code) { cells_.add(index_of(code), 1); }

  // visit(code, count) for those that happened, in the order of their numbers.
  template <class F>
  void for_each(F visit) const {
    for (std::size_t index = 0; index < kKafka + kOurs; index++) {
      const std::uint64_t count = cells_.sum(index);
      if (count > 0) visit(code_at(index), count);
    }
  }

 private:
  // Kafka's numbers from -1 on, and ours from 1000 on.
  static constexpr std::size_t kKafka = 128;
  static constexpr std::size_t kOurs = 128;
  static constexpr std::int32_t kFirstOfOurs = 1000;

  static constexpr std::size_t index_of(Errc code) {
    const auto number = static_cast<std::int32_t>(code);
    const auto of_kafka = static_cast<std::size_t>(number + 1);
    const auto of_ours = static_cast<std::size_t>(number - kFirstOfOurs);
    if (number >= -1 && of_kafka < kKafka) return of_kafka;
    if (number >= kFirstOfOurs && of_ours < kOurs) return kKafka + of_ours;
    return 0;  // unknown_server_error.
  }
  static constexpr Errc code_at(std::size_t index) {
    const auto number = static_cast<std::int32_t>(index);
    if (index < kKafka) return static_cast<Errc>(number - 1);
    return static_cast<Errc>(number - static_cast<std::int32_t>(kKafka) + kFirstOfOurs);
  }

  CoreCells cells_;
};

}  // namespace ropewalk::telemetry
