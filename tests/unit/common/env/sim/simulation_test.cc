#include "common/env/sim/simulation.h"

#include <gtest/gtest.h>

#include "common/env/event.h"
#include "common/env/task_group.h"

namespace ropewalk::sim {
namespace {

using namespace std::chrono_literals;

Task<bool> sleep_for(env::Environment& environment, Duration how_long) {
  const bool slept = co_await environment.current_core().sleep_until(environment.now() + how_long);
  co_return slept;
}

Task<void> wait_for_ever(env::Event& event, int& ended) {
  auto result = co_await event.wait();
  ended = result ? 1 : 2;
}

TEST(Simulation, TimePassesOnlyWhenNothingElseIsLeft) {
  Simulation world(1);
  env::Environment& environment = world.add_node("a").environment();
  const auto before = environment.now();
  EXPECT_TRUE(world.run(environment.core(0), sleep_for(environment, 3s)));
  EXPECT_EQ(environment.now() - before, 3s);
}

TEST(Simulation, CancelledTimersDoNotFire) {
  Simulation world(1);
  env::Environment& environment = world.add_node("a").environment();
  bool fired = false;
  env::Core& core = environment.core(0);
  core.post([&] {
    const auto timer = core.call_at(environment.now() + 1s, [&] { fired = true; });
    EXPECT_TRUE(core.cancel(timer));
    EXPECT_FALSE(core.cancel(timer));
  });
  world.run_for(5s);
  EXPECT_FALSE(fired);
}

TEST(Simulation, JobsOfOneCallerKeepTheirOrder) {
  Simulation world(7);
  env::Environment& environment = world.add_node("a", {.cores = 3}).environment();
  std::vector<int> order;
  environment.core(0).post([&] {
    for (int i = 0; i < 20; i++) environment.core(1).post([&, i] { order.push_back(i); });
  });
  world.run_for(1ms);
  EXPECT_EQ(order.size(), 20U);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

TEST(Simulation, CoresInterleaveDifferentlyUnderDifferentSeeds) {
  std::set<std::string> orders;
  for (std::uint64_t seed = 1; seed <= 20; seed++) {
    Simulation world(seed);
    env::Environment& environment = world.add_node("a", {.cores = 3}).environment();
    std::string order;
    for (std::size_t core = 0; core < 3; core++)
      for (int i = 0; i < 3; i++)
        environment.core(core).post([&, core] { order += std::to_string(core); });
    world.run_for(1ms);
    EXPECT_EQ(order.size(), 9U);
    orders.insert(order);
  }
  EXPECT_GT(orders.size(), 5U);
}

TEST(Simulation, KillDestroysWaitingTasksAndLaterCallsDoNothing) {
  Simulation world(1);
  Node& node = world.add_node("a");
  SimEnvironment& first = node.environment();
  int ended = 0;
  {
    env::Event event(first.core(0));
    env::TaskGroup group(first.core(0));
    first.core(0).post([&] { group.spawn("waits", wait_for_ever(event, ended)); });
    world.run_for(1s);
    node.kill();
    first.core(0).post([&] { ended = 3; });
  }
  world.run_for(1s);
  EXPECT_EQ(ended, 0);
  EXPECT_FALSE(node.alive());
  SimEnvironment& second = node.environment();
  EXPECT_NE(&first, &second);
  EXPECT_TRUE(world.run(second.core(0), sleep_for(second, 1s)));
}

TEST(Simulation, StoppingAGroupCancelsASleep) {
  Simulation world(1);
  env::Environment& environment = world.add_node("a").environment();
  auto group = std::make_unique<env::TaskGroup>(environment.core(0));
  bool slept = true;
  struct Sleeper {
    static Task<void> run(env::Environment& env, bool& result) {
      result = co_await env.current_core().sleep_until(env::kNever);
    }
  };
  environment.core(0).post([&] { group->spawn("sleeps", Sleeper::run(environment, slept)); });
  world.run_for(1s);
  world.run(environment.core(0), group->stop());
  EXPECT_FALSE(slept);
}

TEST(Simulation, BlockUntilRunsTheWorld) {
  Simulation world(1);
  env::Environment& environment = world.add_node("a").environment();
  bool done = false;
  environment.core(0).post([&] {
    environment.core(0).call_at(environment.now() + 10s, [&] {
      done = true;
      environment.notify();
    });
  });
  const auto before = environment.now();
  EXPECT_FALSE(environment.block_until([&] { return done; }, before + 5s));
  EXPECT_EQ(environment.now() - before, 5s);
  EXPECT_TRUE(environment.block_until([&] { return done; }, env::kNever));
  EXPECT_EQ(environment.now() - before, 10s);
}

TEST(SimulationDeathTest, BlockUntilInsideATaskIsABug) {
  Simulation world(1);
  env::Environment& environment = world.add_node("a").environment();
  environment.core(0).post([&] { environment.block_until([] { return false; }, env::kNever); });
  EXPECT_DEATH(world.run_for(1s), "inside a task");
}

TEST(Simulation, SuspendedMachineLosesMonotonicTimeOnly) {
  Simulation world(1);
  Node& node = world.add_node("a");
  env::Environment& environment = node.environment();
  const auto monotonic = environment.now();
  const auto boot = environment.boot_now();
  node.suspend(10s);
  world.run_for(12s);
  EXPECT_EQ(environment.now() - monotonic, 2s);
  EXPECT_EQ(environment.boot_now() - boot, 12s);
}

TEST(Simulation, PausedNodeRunsNothingUntilItsTimeIsOver) {
  Simulation world(1);
  Node& node = world.add_node("a");
  node.environment();
  node.pause(10s);
  bool ran = false;
  node.environment().core(0).post([&] { ran = true; });
  world.run_for(9s);
  EXPECT_FALSE(ran);
  world.run_for(2s);
  EXPECT_TRUE(ran);
}

TEST(Simulation, DriftingClockKeepsTimersAtItsOwnPace) {
  Simulation world(1);
  Node& node = world.add_node("a");
  node.set_clock_rate(1.01);
  env::Environment& environment = node.environment();
  const Duration start = world.now();
  EXPECT_TRUE(world.run(environment.core(0), sleep_for(environment, 101s)));
  EXPECT_NEAR(static_cast<double>((world.now() - start).count()), 100e9, 1e6);
}

}  // namespace
}  // namespace ropewalk::sim
