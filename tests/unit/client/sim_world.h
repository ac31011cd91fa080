// A client and a broker in memory, a node each, in one simulation.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/client/fake_broker.h"
#include <ropewalk/client.h>
#include <ropewalk/consumer.h>

namespace ropewalk::client {

struct World {
  explicit World(std::uint64_t seed = 1)
      : simulation(seed),
        broker_node(simulation.add_node("broker")),
        client_node(simulation.add_node("client")),
        broker(std::make_unique<FakeBroker>(broker_node)),
        client(client_node.environment(), 0, {.brokers = {"broker:9192"}}) {}
  ~World() {
    broker_node.kill();
    broker.reset();
  }

  sim::Simulation simulation;
  sim::Node& broker_node;
  sim::Node& client_node;
  std::unique_ptr<FakeBroker> broker;
  Client client;
};

inline std::vector<std::string> read_values(Consumer& consumer, std::size_t count) {
  std::vector<std::string> values;
  for (int polls = 0; values.size() < count && polls < 1000; polls++) {
    auto records = consumer.poll(std::chrono::seconds(1));
    EXPECT_TRUE(records) << to_string(records.error());
    if (!records) break;
    for (const ConsumedRecord& record : *records) values.emplace_back(*record.value);
  }
  return values;
}

}  // namespace ropewalk::client
