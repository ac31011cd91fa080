// Somebody who works the cluster while everything goes on: other leaders, other replicas, brokers
// that are emptied, second thoughts. Used from the test's thread; a step blocks for one answer.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "broker/testing/sim_cluster.h"
#include "common/env/random.h"
#include "ropewalk/admin.h"

namespace ropewalk::testing {

class Operator {
 public:
  // Of these partitions, which have `copies` replicas each.
  Operator(SimCluster& cluster, Client& client, std::vector<PartitionName> partitions,
           std::size_t copies, env::Random random);

  // Asks for one thing, by chance. A refusal is an answer, too.
  void step();
  // Whether all that was asked for has been done, or called off, within the time.
  bool all_is_done(sim::Duration limit);

  // What was begun, by name.
  const std::map<std::string, std::uint64_t, std::less<>>& counts() const { return counts_; }

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
  std::map<std::string, std::uint64_t, std::less<>> counts_;
};

}  // namespace ropewalk::testing
