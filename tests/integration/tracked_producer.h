// An idempotent producer of one partition that lives through any number of broker restarts.
//
// Record n of a partition has the value "PARTITION:n", with as many dots behind as its options say.
// Batches get consecutive sequences; up to
// kInFlight are unanswered, and after a broken connection they are sent again in their order. What
// was acknowledged, with its offset, is kept for the judgement afterwards. Runs in a thread of its
// own.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "common/bytes.h"
#include "common/error.h"
#include "tests/support/native_client.h"

namespace ropewalk::support {

struct AckedBatch {
  std::int64_t first_number = 0;  // Of its records.
  std::int64_t count = 0;
  std::int64_t base_offset = 0;
};

class TrackedProducer {
 public:
  struct Options {
    std::string topic_id;
    std::int32_t partition = 0;
    std::uint64_t seed = 0;
    std::function<std::uint16_t()> port;      // Where the broker is now; 0 while there is none.
    std::function<void()> acknowledged = {};  // After each acknowledged batch.
    std::size_t padding = 0;                  // Bytes of dots in each record.
  };

  explicit TrackedProducer(Options options);
  ~TrackedProducer();  // finish()es.

  // Sends no new batches, waits until all that were sent are acknowledged, ends the thread.
  void finish();
  // Ends the thread at once; unanswered batches stay unanswered.
  void abandon();

  // After finish():
  const std::vector<AckedBatch>& acked() const { return acked_; }
  std::int64_t sent_records() const { return next_number_; }
  // What went wrong for good ("" is nothing): an answer that no restart explains.
  const std::string& fault() const { return fault_; }
  std::uint64_t resent_batches() const { return resent_; }
  // Why it had to connect again, the last time; "" if it never had to.
  const std::string& disturbance() const { return disturbance_; }

 private:
  static constexpr std::size_t kInFlight = 5;  // As many as a broker remembers.

  struct Batch {
    std::int64_t first_number = 0;
    std::int64_t count = 0;
    std::vector<std::byte> frame;
  };

  void run();
  Result<void> talk(std::uint16_t port);
  Batch make_batch();
  Result<void> take_answer(NativeClient& client);

  Options options_;
  std::atomic<bool> finishing_ = false;
  std::atomic<bool> abandoned_ = false;
  std::uint64_t random_;
  std::int64_t producer_id_ = -1;
  std::int32_t producer_epoch_ = 0;
  std::int64_t next_number_ = 0;
  std::deque<Batch> unanswered_;
  std::vector<AckedBatch> acked_;
  std::string fault_;
  std::string disturbance_;
  std::uint64_t resent_ = 0;
  std::thread thread_;
};

std::string tracked_value(std::int32_t partition, std::int64_t number, std::size_t padding = 0);

}  // namespace ropewalk::support
