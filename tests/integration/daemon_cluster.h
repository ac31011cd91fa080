// Several daemons of one cluster, each begun, killed and formatted when a test wants it, and the
// command to look at them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/broker_process.h"
#include "tests/support/temporary_directory.h"

namespace ropewalk::support {

struct Outcome {
  int status = -1;
  std::string out;
  std::string errors;
};

class DaemonCluster : public ::testing::Test {
 protected:
  static constexpr std::size_t kDaemons = 4;

  void SetUp() override;
  void TearDown() override { directory_.keep_if(HasFailure()); }

  Outcome run(std::vector<std::string> command);
  Outcome ropewalk(std::vector<std::string> arguments);
  Outcome voters(std::vector<std::string> arguments);

  // Broker i + 1 on the disk that it has now.
  void format(std::size_t i, const std::string& quorum_voters);
  void start(std::size_t i, const std::string& quorum_voters);
  // Does not wait until it serves.
  void begin(std::size_t i, const std::string& quorum_voters);
  void wait_until_ready(std::size_t i);
  // What it runs with besides.
  std::vector<std::string>& flags_of(std::size_t i) { return flags_.at(i); }

  std::string data_of(std::size_t i);
  std::string log_of(std::size_t i) { return directory_.file(fmt::format("broker-{}.log", i + 1)); }
  // Until these words are there.
  void wait_for_log(std::size_t i, const std::string& words);

  TemporaryDirectory directory_{"daemons"};
  std::vector<std::string> listens_;  // For brokers.
  std::string cluster_;
  std::string first_;  // The first one as quorum_voters names it.
  std::vector<int> disks_;
  std::vector<std::unique_ptr<BrokerProcess>> brokers_;

 private:
  std::vector<std::string> identity(std::size_t i, const std::string& quorum_voters);

  std::vector<std::vector<std::string>> flags_;
};

}  // namespace ropewalk::support
