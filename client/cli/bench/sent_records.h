// What became of the records that a run sent and then read back: which are missing, there twice, or
// out of order. Records have numbers from 0; record N belongs to partition N % partitions. Any
// thread.
#pragma once

#include <cstdint>
#include <mutex>
#include <vector>

namespace ropewalk::cli {

class SentRecords {
 public:
  explicit SentRecords(std::size_t partitions) : last_read_(partitions, -1) {}

  // Number and partition of the next one, which is about to be sent.
  struct Next {
    std::uint64_t number = 0;
    std::int32_t partition = 0;
  };
  Next begin();
  void acknowledged(std::uint64_t number);
  void failed();
  // In the order in which its partition has them. A number that was never sent is not one of ours.
  void read(std::uint64_t number);

  struct Verdict {
    std::uint64_t sent = 0;
    std::uint64_t acknowledged = 0;
    std::uint64_t failed = 0;
    std::uint64_t lost = 0;          // Acknowledged, and not read.
    std::uint64_t doubled = 0;       // Read more than once.
    std::uint64_t out_of_order = 0;  // Read behind a later one of their partition.
    bool is_clean() const { return lost == 0 && doubled == 0 && out_of_order == 0; }
  };
  // Once everything was read.
  Verdict verdict() const;

 private:
  struct Fate {
    bool acknowledged = false;
    bool read = false;
  };

  mutable std::mutex mutex_;
  std::vector<Fate> fates_;
  std::vector<std::int64_t> last_read_;  // By partition; -1: none.
  Verdict counts_;
};

}  // namespace ropewalk::cli
