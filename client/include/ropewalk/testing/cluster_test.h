// A GoogleTest fixture with a Cluster. A failure says which seed makes it fail again.
//
//   using Orders = ropewalk::testing::ClusterTest;
//   TEST_F(Orders, AreKept) {
//     ropewalk::Producer producer(cluster().client());
//     ...
//   }
#pragma once

#include <gtest/gtest.h>

#include "ropewalk/testing/cluster.h"

namespace ropewalk::testing {

class ClusterTest : public ::testing::Test {
 public:
  explicit ClusterTest(ClusterOptions options = {}) : cluster_(options) {}
  ~ClusterTest() override {
    if (HasFailure())
      GTEST_LOG_(INFO) << "RW_SEED=" << cluster_.seed() << " makes the cluster do the same again";
  }

  Cluster& cluster() { return cluster_; }

 private:
  Cluster cluster_;
};

}  // namespace ropewalk::testing
