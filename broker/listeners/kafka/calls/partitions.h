// For calls whose requests and replies list partitions by topic, while use cases take them in one
// list. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "common/error.h"
#include "common/ids.h"

namespace ropewalk::kafka {

// Where in a reply the answers of a use case belong.
class PartitionPlaces {
 public:
  // The next answer belongs to the last partition of the last topic: so many there are by now.
  void add(std::size_t topics, std::size_t partitions) {
    places_.emplace_back(topics - 1, partitions - 1);
  }
  template <class Topic>
  auto& in(std::vector<Topic>& topics, std::size_t answer) const {
    return topics[places_[answer].first].partitions[places_[answer].second];
  }

 private:
  std::vector<std::pair<std::size_t, std::size_t>> places_;
};

// The first part of a request that failed.
class FirstError {
 public:
  void note(const Error& error) {
    if (error.code != Errc::none && !error_) error_ = error;
  }
  // Null: none did.
  const Error* get() const { return error_ ? &*error_ : nullptr; }

 private:
  std::optional<Error> error_;
};

// -1: the client does not say.
inline std::optional<LeaderEpoch> epoch_of(std::int32_t epoch) {
  if (epoch < 0) return std::nullopt;
  return LeaderEpoch(epoch);
}

}  // namespace ropewalk::kafka
