#include "common/env/serial.h"

#include <gtest/gtest.h>

#include "common/env/environment.h"
#include "common/env/sim/simulation.h"

namespace ropewalk::env {
namespace {

using namespace std::chrono_literals;

struct Entry {
  std::size_t core;
  int number;
};

class Journal : public SerialOwner {
 public:
  explicit Journal(Environment& environment)
      : environment_(environment), serial(environment, *this) {}

  void write(int number, std::size_t bytes = 0) {
    const std::size_t core = environment_.current_core().index();
    serial.enter(
        [this, core, number] {
          EXPECT_TRUE(serial.inside());
          entries.push_back({core, number});
          since_drain_++;
        },
        bytes);
  }
  void drained() override {
    EXPECT_TRUE(serial.inside());
    drains.push_back(since_drain_);
    since_drain_ = 0;
  }

 private:
  Environment& environment_;
  std::size_t since_drain_ = 0;

 public:
  std::vector<Entry> entries;
  std::vector<std::size_t> drains;  // How much each drain ran.
  Serial serial;
};

TEST(Serial, KeepsTheOrderOfEachSubmitterUnderEverySchedule) {
  std::uint64_t shared_drains = 0;
  for (std::uint64_t seed = 1; seed <= 50; seed++) {
    sim::Simulation world(seed);
    Environment& environment = world.add_node("a", {.cores = 3}).environment();
    auto journal = std::make_shared<Journal>(environment);
    for (std::size_t core = 0; core < 3; core++) {
      for (int number = 0; number < 40; number++)
        environment.core(core).post([journal, number] { journal->write(number); });
    }
    world.run_for(1ms);
    ASSERT_EQ(journal->entries.size(), 120U) << "seed " << seed;
    int next[3] = {};
    for (const Entry& entry : journal->entries)
      ASSERT_EQ(entry.number, next[entry.core]++) << "seed " << seed;
    for (const std::size_t ran : journal->drains) shared_drains += ran > 1;
  }
  EXPECT_GT(shared_drains, 0U);  // Else refused entries were never exercised.
}

TEST(Serial, EnteringFromInsideEnqueuesAndJobsRunAfterLeaving) {
  sim::Simulation world(3);
  world.world().serial_busy_chance = 0;
  Environment& environment = world.add_node("a").environment();
  auto journal = std::make_shared<Journal>(environment);
  std::vector<std::string> order;
  environment.core(0).post([&] {
    journal->serial.enter([&] {
      order.push_back("outer");
      journal->serial.enter([&] { order.push_back("inner"); });
      journal->serial.after_leaving([&] {
        EXPECT_FALSE(journal->serial.inside());
        order.push_back("after");
      });
      order.push_back("outer ends");
    });
    order.push_back("returned");
  });
  world.run_for(1ms);
  EXPECT_EQ(order, (std::vector<std::string>{"outer", "outer ends", "inner", "after", "returned"}));
}

TEST(Serial, ADrainIsBoundedByItemsAndBytes) {
  sim::Simulation world(3);
  world.world().serial_busy_chance = 0;
  Environment& environment = world.add_node("a").environment();
  auto by_items = std::make_shared<Journal>(environment);
  auto by_bytes = std::make_shared<Journal>(environment);
  environment.core(0).post([&] {
    by_items->serial.enter([&] {
      for (int i = 0; i < 200; i++) by_items->write(i);
    });
    by_bytes->serial.enter([&] {
      for (int i = 0; i < 8; i++) by_bytes->write(i, 512 << 10);
    });
  });
  world.run_for(1ms);
  EXPECT_EQ(by_items->entries.size(), 200U);
  for (const std::size_t ran : by_items->drains) EXPECT_LE(ran, Serial::kDrainItems);
  EXPECT_EQ(by_bytes->entries.size(), 8U);
  for (const std::size_t ran : by_bytes->drains) EXPECT_LE(ran, 2U);
}

}  // namespace
}  // namespace ropewalk::env
