// What a test sent, what was acknowledged, and whether what is stored agrees (rules R4 and R9).
//
// Every record has a value of its own, "partition/number", kept over all retries. A record whose
// fate is unknown may be stored, once, or not; one that was acknowledged is stored at its offset.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.h"
#include "ropewalk/types.h"

namespace ropewalk::testing {

class History {
 public:
  explicit History(std::int32_t partitions) : sent_(static_cast<std::size_t>(partitions)) {}

  // The next record's value.
  std::string send(std::int32_t partition, std::size_t padding);
  void decided(std::string_view value, const Result<Delivered>& result);

  std::uint64_t sent() const;
  std::uint64_t acknowledged() const { return acknowledged_; }
  std::uint64_t failed() const { return failed_; }
  const std::string& first_failure() const { return first_failure_; }

  // `stored`: the values of one partition, by offset. Empty when all is well, else what is wrong:
  // an acknowledged record that is missing or elsewhere, a record twice or out of order, one that
  // nobody sent.
  std::vector<std::string> check(std::int32_t partition,
                                 const std::map<std::int64_t, std::string>& stored) const;

 private:
  struct Sent {
    std::string value;
    bool decided = false;
    std::int64_t offset = -1;  // Of an acknowledged one.
  };
  std::vector<std::vector<Sent>> sent_;  // By partition, in the order of sending.
  std::uint64_t acknowledged_ = 0;
  std::uint64_t failed_ = 0;
  std::string first_failure_;
};

}  // namespace ropewalk::testing
