// Topics that somebody makes and deletes while everything goes on: what was answered is so in the
// end. Used from the test's thread; a step blocks for one answer.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "broker/testing/sim_cluster.h"
#include "common/env/random.h"
#include "ropewalk/admin.h"

namespace ropewalk::testing {

class PassingTopics {
 public:
  PassingTopics(SimCluster& cluster, Client& client, std::size_t copies, env::Random random);

  // Makes one or deletes one, by chance.
  void step();
  // What is not as was answered, or not whole, and does not become so within the time: nothing, or
  // the first of it.
  std::string wrong_after(sim::Duration limit);

  // What was answered, by name.
  const std::map<std::string, std::uint64_t, std::less<>>& counts() const { return counts_; }

 private:
  struct Topic {
    std::int32_t partitions = 0;
    // Whether it must be there, or must not; neither where an answer is missing.
    bool there = false;
    bool gone = false;
  };

  void make_one();
  void delete_one();
  std::string wrong_with(const std::string& name, const Topic& topic);

  SimCluster& cluster_;
  Admin admin_;
  const std::size_t copies_;
  env::Random random_;
  std::map<std::string, Topic> topics_;
  std::map<std::string, std::uint64_t, std::less<>> counts_;
};

}  // namespace ropewalk::testing
