// Somebody who works the cluster while everything goes on: other leaders, other replicas, brokers
// that are emptied, second thoughts, topics that come and go. Used from the test's thread; a step
// blocks for one answer.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "broker/testing/sim_cluster.h"
#include "common/env/random.h"
#include "ropewalk/admin.h"
#include "tests/sim/cluster/passing_topics.h"

namespace ropewalk::testing {

class Operator {
 public:
  // Of these partitions, which have `copies` replicas each.
  Operator(SimCluster& cluster, Client& client, std::vector<PartitionName> partitions,
           std::size_t copies, env::Random random);

  // Asks for one thing, by chance. A refusal is an answer, too.
  void step();
  // Whether all moves that were asked for have been done, or called off, within the time.
  bool all_is_done(sim::Duration limit);
  // What of the topics that were made and deleted is not so within the time.
  std::string wrong_with_topics(sim::Duration limit) { return topics_.wrong_after(limit); }

  // What was begun, by name.
  std::map<std::string, std::uint64_t, std::less<>> counts() const;

 private:
  void move_one();
  void call_one_off();
  void elect();
  void drain();
  const PartitionName& any_partition() { return partitions_[random_.below(partitions_.size())]; }

  SimCluster& cluster_;
  Admin admin_;
  const std::vector<PartitionName> partitions_;
  const std::size_t copies_;
  env::Random random_;
  PassingTopics topics_;
  std::map<std::string, std::uint64_t, std::less<>> counts_;
};

}  // namespace ropewalk::testing
