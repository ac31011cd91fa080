// A broker of one process, in memory, that speaks the native protocol as far as clients need it:
// what the client's tests talk to in the simulation. It can lose requests and answers.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/env/event.h"
#include "common/env/sim/simulation.h"
#include "common/env/task_group.h"
#include "common/records/batch_header.h"
#include "common/wire/frame.h"

namespace ropewalk::client {

// One partition's log, and what a broker knows of its producers.
class FakePartition {
 public:
  explicit FakePartition(env::Core& core) : appended(core) {}

  // As a broker answers: the base offset, a duplicate's first one, or why not.
  Result<std::int64_t> append(const SharedBytes& batch);
  void copy(const FakePartition& from);
  // Whole batches from the one that holds `offset`.
  SharedBytes read(std::int64_t offset, std::size_t bytes_max) const;
  std::vector<std::string> values() const;
  // Of the first record of that time or later; -1: none.
  std::int64_t first_from(std::int64_t timestamp) const;

  std::int64_t end = 0;
  std::int64_t start = 0;
  std::vector<SharedBytes> batches;
  env::Event appended;

 private:
  struct Producer {
    std::int16_t epoch = 0;
    std::int32_t next_sequence = 0;
    std::deque<std::pair<std::int32_t, std::int64_t>> last_five;
  };
  std::map<std::int64_t, Producer> producers_;
};

class FakeBroker {
 public:
  static constexpr std::uint16_t kPort = 9192;

  // Serves on the node's core 0 until the node dies. Kill the node before this is destroyed.
  explicit FakeBroker(sim::Node& node);

  void make_topic(const std::string& name, std::int32_t partitions);
  // As if elected to lead, as broker 2, everything that the other had, which is fenced.
  void take_over_from(const FakeBroker& other);
  FakePartition& partition(const std::string& topic, std::int32_t index) {
    return *topics_.at(topic).partitions.at(static_cast<std::size_t>(index));
  }

  // Percent of produce requests whose connection breaks before, or after, they were carried out.
  unsigned lose_requests = 0;
  unsigned lose_answers = 0;
  unsigned refuse_produces = 0;  // Percent, with not_leader_or_follower.
  Errc of_missing_topics = Errc::unknown_topic_or_partition;  // What is said of them.
  int requests = 0;
  std::string cluster_id = std::string(16, 'c');  // Clients of another cluster are refused.

 private:
  struct Topic {
    TopicId id;
    std::vector<std::unique_ptr<FakePartition>> partitions;
  };
  struct Session {
    Session(std::unique_ptr<env::Connection> on, env::Core& core)
        : connection(std::move(on)), to_write(core) {}
    void reply(SharedBytes frame) {
      out.push_back(std::move(frame));
      to_write.set();
    }
    std::unique_ptr<env::Connection> connection;
    std::deque<SharedBytes> out;
    env::Event to_write;
  };
  using SessionPtr = std::shared_ptr<Session>;

  static Task<void> accept_loop(FakeBroker& self);
  static Task<void> read_loop(FakeBroker& self, SessionPtr session);
  static Task<void> write_loop(SessionPtr session);
  static Task<void> answer_fetch(FakeBroker& self, SessionPtr session, wire::RequestFrame request);
  void serve(const SessionPtr& session, const wire::RequestFrame& request);
  void serve_produce(const SessionPtr& session, const wire::RequestFrame& request);
  SharedBytes metadata(const wire::RequestFrame& request);
  SharedBytes create_topic(const wire::RequestFrame& request);
  SharedBytes describe(const wire::RequestFrame& request);
  SharedBytes list_offsets(const wire::RequestFrame& request);
  FakePartition* find(const std::string& topic_id, std::int32_t partition);
  bool chance(unsigned percent) { return random_.below(100) < percent; }

  sim::Node& node_;
  env::Core& core_;
  env::Random random_;
  std::map<std::string, Topic> topics_;
  std::int64_t last_producer_id_ = 0;
  std::string fenced_;  // The host of broker 1 when this one has taken over.
  env::TaskGroup tasks_;
};

}  // namespace ropewalk::client
