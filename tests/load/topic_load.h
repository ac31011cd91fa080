// The load of one topic: a producer that never rests, a consumer that follows it from the tail, and
// readers that come, read what there is from the start, and go.
//
// Record n of a partition has the offset n: so a reader sees what was lost, doubled or put out of
// order. Runs in threads of its own until the verdict ends the run or finish() is called.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "ropewalk/admin.h"
#include "ropewalk/consumer.h"
#include "ropewalk/producer.h"
#include "tests/load/verdict.h"

namespace ropewalk::load {

struct TopicPlan {
  std::string name;
  std::vector<TopicSetting> settings;
  Acks acks = Acks::all;
  Compression compression = Compression::none;
  bool log_append_time = false;
  int records_a_second = 400;
};

inline constexpr std::int32_t kPartitions = 2;

ClientOptions patient_client(const std::string& broker, std::string id);

class TopicLoad {
 public:
  // The topic is there. `broker` is HOST:PORT.
  TopicLoad(TopicPlan plan, std::string broker, Verdict& verdict);
  ~TopicLoad();

  // Ends the load and reads every partition to its end once more.
  void finish();

 private:
  // What a reader has seen of each partition: the offset that comes next; -1 before the first.
  using Seen = std::map<std::int32_t, std::int64_t>;

  void produce();
  void follow();
  void read_again_and_again();
  void read_all();
  bool read_some(Consumer& consumer, Seen& seen);
  void check(const ConsumedRecord& record, Consumer& consumer, Seen& seen);
  bool may_be_at(std::int64_t number, const ConsumedRecord& record) const;
  void fault(const std::string& kind, const std::string& words);

  const TopicPlan plan_;
  const std::string broker_;
  Verdict& verdict_;
  std::atomic<bool> finishing_ = false;
  std::vector<std::int64_t> sent_ = std::vector<std::int64_t>(kPartitions);  // The producer's.
  std::vector<std::thread> threads_;
};

}  // namespace ropewalk::load
