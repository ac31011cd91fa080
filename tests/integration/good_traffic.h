// Clients that behave, beside others that do not: in each of two partitions a producer and a
// consumer that follows it. Partition 0 has small batches and small fetches, which a broker handles
// in memory; partition 1 large ones, which need buffers and file ranges.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/integration/tracked_producer.h"

namespace ropewalk::support {

class GoodTraffic {
 public:
  static constexpr std::int32_t kPartitions = 2;

  GoodTraffic(std::uint16_t port, std::string topic_id);
  ~GoodTraffic();

  // Waits until each producer has so many more batches acknowledged, and each consumer has read
  // what was acknowledged by then. "", or who did not get there within two minutes.
  std::string progress(int batches);
  // Stops, reads everything to the end. "", or what was lost, refused or disturbed.
  std::string finish();

 private:
  struct Pair {
    std::int32_t partition = 0;
    std::unique_ptr<TrackedProducer> producer;
    std::thread consumer;
    // Under the lock:
    std::int64_t acked_batches = 0;
    std::int64_t consumed = 0;  // Records, from offset 0 on.
    std::string fault;          // Of the consumer.
  };
  void consume(Pair& pair);
  Result<void> consume_all(Pair& pair);
  bool reach(const Pair& pair, std::int64_t batches, std::int64_t records);

  const std::uint16_t port_;
  const std::string topic_id_;
  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::unique_ptr<Pair>> pairs_;
};

}  // namespace ropewalk::support
