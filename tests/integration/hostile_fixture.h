// A broker with good traffic on it, for tests of what others may do to it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/integration/good_traffic.h"
#include "tests/support/broker_process.h"
#include "tests/support/raw_socket.h"
#include "tests/support/sanitized.h"
#include "tests/support/temporary_directory.h"

namespace ropewalk::support {

class Hostile : public ::testing::Test {
 protected:
  // The good clients have lost nothing, and the broker stops cleanly.
  void TearDown() override;

  // Starts the broker and the good traffic.
  void start(std::vector<std::string> flags = {}, std::size_t descriptors_max = 0);
  // The good clients go on.
  void expect_progress();
  // A connection, once the broker takes one more.
  RawSocket admitted(RawSocket::Options options);
  std::size_t resident_mebibytes() const;
  // Soon: memory is given back now and then. Not where a sanitizer's own counts as the broker's.
  void expect_resident_below(std::size_t mebibytes) const;

  TemporaryDirectory directory_{"hostile"};
  std::unique_ptr<BrokerProcess> broker_;
  std::string topic_id_;
  std::unique_ptr<GoodTraffic> good_;
};

}  // namespace ropewalk::support
