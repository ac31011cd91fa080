// Connections, descriptors and memory: what many clients together may use up.
#include <chrono>
#include <csignal>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/integration/hostile_fixture.h"

namespace ropewalk::support {
namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 120s;

class HostileNumbers : public Hostile {
 protected:
  // So many connections at once. Returns those that were made; the broker may close them.
  std::vector<RawSocket> crowd(int count) {
    std::vector<RawSocket> made;
    for (int i = 0; i < count; i++) {
      auto socket = RawSocket::connect(broker_->port, {});
      EXPECT_TRUE(socket) << "connection " << i << ": " << to_string(socket.error());
      if (socket) made.push_back(std::move(*socket));
    }
    return made;
  }
  // Waits until all of the crowd but `left` are closed by the broker.
  void expect_all_closed_but(std::vector<RawSocket>& crowd, std::size_t left) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (crowd.size() > left && std::chrono::steady_clock::now() < deadline) {
      std::erase_if(crowd, [](RawSocket& socket) { return socket.is_closed(); });
      std::this_thread::sleep_for(1ms);
    }
    EXPECT_LE(crowd.size(), left);
  }
};

TEST_F(HostileNumbers, MoreConnectionsThanAreAllowed) {
  start({"--max-connections", "8"});
  for (int round = 0; round < 3; round++) {
    auto others = crowd(40);
    expect_all_closed_but(others, 8 - 2 * GoodTraffic::kPartitions);
    expect_progress();
    others.clear();
    const RawSocket late = admitted({});
    expect_progress();
  }
}

// All are of one address here: what it has open stays, and goes on when others are turned away.
TEST_F(HostileNumbers, MoreConnectionsOfOneAddressThanAreAllowed) {
  start({"--max-connections-per-address", "8"});
  auto others = crowd(40);
  expect_all_closed_but(others, 8 - 2 * GoodTraffic::kPartitions);
  expect_progress();
  others.clear();
  const RawSocket late = admitted({});
  expect_progress();
}

// C54: all of them at once, and not in order: what they were sent lies there unread.
TEST_F(HostileNumbers, ManyConnectionsThatAreCutAtOnce) {
  start();
  for (int round = 0; round < 3; round++) {
    auto others = crowd(400);
    for (RawSocket& socket : others) ASSERT_TRUE(socket.send(raw_negotiate()));
    expect_progress();
    others.clear();
    const RawSocket late = admitted({});
    expect_progress();
  }
}

// The good clients' segments are full again and again: a broker without a descriptor for the next
// file would lose the partition.
TEST_F(HostileNumbers, MoreConnectionsThanDescriptors) {
  start({"--segment-bytes", "65536", "--cores", "1"}, 64);
  for (int round = 0; round < 3; round++) {
    auto others = crowd(200);
    expect_progress();
    others.clear();
    const RawSocket late = admitted({});
    auto client = NativeClient::connect(broker_->port, kPatience);
    ASSERT_TRUE(client) << to_string(client.error());
    const auto made = client->create_topic({.name = "after-" + std::to_string(round)});
    EXPECT_TRUE(made) << to_string(made.error());
    expect_progress();
  }
}

// What a burst of large requests took is given back, each time.
TEST_F(HostileNumbers, MemoryOfManyLargeFramesAtOnce) {
  constexpr int kConnections = 100;
  constexpr std::uint32_t kFrameBytes = 4'000'000;
  start();
  const std::size_t before = resident_mebibytes();
  const std::string most(kFrameBytes - 1, '\x06');
  for (int round = 0; round < 3; round++) {
    std::vector<RawSocket> senders;
    for (int i = 0; i < kConnections; i++) {
      senders.push_back(admitted({}));
      ASSERT_TRUE(senders.back().send(raw_length(kFrameBytes)));
      ASSERT_TRUE(senders.back().send(most));
    }
    // All of it is there but the last bytes: as much as it says, not more.
    expect_resident_below(before + 512 + 100);
    for (RawSocket& sender : senders) {
      ASSERT_TRUE(sender.send("\x06"));
      EXPECT_TRUE(sender.closes());  // It is no request.
    }
    expect_progress();
  }
  expect_resident_below(before + 100);
}

}  // namespace
}  // namespace ropewalk::support
