// Events, task groups and crossings, in the simulated environment: they are built on Core alone.
#include <gtest/gtest.h>

#include "common/env/crossing.h"
#include "common/env/event.h"
#include "common/env/sim/simulation.h"
#include "common/env/task_group.h"

namespace ropewalk::env {
namespace {

using namespace std::chrono_literals;

struct PrimitivesTest : ::testing::Test {
  sim::Simulation world{5};
  sim::Node& node = world.add_node("a", {.cores = 2});
  Environment& environment = node.environment();
  Core& core = environment.core(0);
};

Task<Errc> outcome_of_wait(Event& event, MonotonicTime deadline) {
  auto waited = co_await event.wait_until(deadline);
  co_return waited ? Errc::none : waited.error().code;
}

Task<void> note_outcome(Event& event, MonotonicTime deadline, std::vector<Errc>& outcomes) {
  outcomes.push_back(co_await outcome_of_wait(event, deadline));
}

TEST_F(PrimitivesTest, AnEventWakesAllWhoWaitAndStaysSet) {
  Event event(core);
  TaskGroup group(core);
  std::vector<Errc> outcomes;
  for (int i = 0; i < 3; i++) group.spawn("waits", note_outcome(event, kNever, outcomes));
  world.run_for(1ms);
  EXPECT_TRUE(outcomes.empty());
  core.post([&] { event.set(); });
  world.run_for(1ms);
  EXPECT_EQ(outcomes, std::vector<Errc>(3, Errc::none));
  EXPECT_EQ(world.run(core, outcome_of_wait(event, kNever)), Errc::none);
  EXPECT_EQ(group.size(), 0U);
}

TEST_F(PrimitivesTest, AWaitEndsAtItsDeadline) {
  Event event(core);
  const MonotonicTime before = environment.now();
  EXPECT_EQ(world.run(core, outcome_of_wait(event, before + 2s)), Errc::request_timed_out);
  EXPECT_GE(environment.now() - before, 2s);
}

TEST_F(PrimitivesTest, AWaitEndsWithItsEvent) {
  auto event = std::make_unique<Event>(core);
  TaskGroup group(core);
  std::vector<Errc> outcomes;
  group.spawn("waits", note_outcome(*event, kNever, outcomes));
  world.run_for(1ms);
  core.post([&] { event.reset(); });
  world.run_for(1ms);
  EXPECT_EQ(outcomes, std::vector<Errc>{Errc::closed});
}

Task<bool> stop_group(TaskGroup& group) {
  co_await group.stop();
  co_return group.size() == 0;
}

// Waits again although it was cancelled: the second wait must end as well.
Task<void> wait_twice(Event& event, std::vector<Errc>& outcomes) {
  co_await note_outcome(event, kNever, outcomes);
  co_await note_outcome(event, kNever, outcomes);
}

TEST_F(PrimitivesTest, StoppingAGroupCancelsItsTasksAndRefusesMore) {
  Event event(core);
  TaskGroup group(core);
  std::vector<Errc> outcomes;
  group.spawn("waits twice", wait_twice(event, outcomes));
  group.spawn("waits", note_outcome(event, kNever, outcomes));
  world.run_for(1ms);
  EXPECT_TRUE(world.run(core, stop_group(group)));
  EXPECT_EQ(outcomes, std::vector<Errc>(3, Errc::cancelled));
  EXPECT_FALSE(group.spawn("too late", note_outcome(event, kNever, outcomes)));
  EXPECT_TRUE(world.run(core, stop_group(group)));  // Again is fine.
}

TEST_F(PrimitivesTest, ATaskStoppedBeforeItsFirstStepEndsQuietly) {
  Event event(core);
  TaskGroup group(core);
  std::vector<Errc> outcomes;
  group.spawn("hardly starts", note_outcome(event, kNever, outcomes));
  EXPECT_TRUE(world.run(core, stop_group(group)));
}

// The frame owns the event it waits for and a group whose task waits too: a kill must free all of
// it (ASan sees leaks).
Task<void> own_what_it_waits_for(Core& core, std::shared_ptr<int> alive) {
  Event event(core);
  Event other(core);
  TaskGroup group(core);
  std::vector<Errc> outcomes;
  group.spawn("inner", note_outcome(other, kNever, outcomes));
  co_await note_outcome(event, kNever, outcomes);
  *alive = 0;
}

TEST_F(PrimitivesTest, AKilledNodeFreesItsWaitingTasks) {
  auto alive = std::make_shared<int>(1);
  std::weak_ptr<int> watch = alive;
  auto group = std::make_unique<TaskGroup>(core);
  group->spawn("outer", own_what_it_waits_for(core, std::move(alive)));
  world.run_for(1ms);
  EXPECT_FALSE(watch.expired());
  node.kill();
  group.reset();
  EXPECT_TRUE(watch.expired());
}

Task<void> note_core(Environment& environment, std::vector<std::size_t>& cores) {
  cores.push_back(environment.current_core().index());
  co_return;
}

Task<bool> cross_and_return(Environment& environment, std::vector<std::size_t>& cores) {
  co_await note_core(environment, cores);
  co_await on(environment.core(1), note_core(environment, cores));
  co_await note_core(environment, cores);
  co_return true;
}

TEST_F(PrimitivesTest, CrossingRunsThereAndComesBack) {
  std::vector<std::size_t> cores;
  EXPECT_TRUE(world.run(core, cross_and_return(environment, cores)));
  EXPECT_EQ(cores, (std::vector<std::size_t>{0, 1, 0}));
}

Task<int> take(OneShot<int> slot, MonotonicTime deadline) {
  auto value = co_await slot.wait_until(deadline);
  co_return value ? *value : -static_cast<int>(value.error().code);
}

TEST_F(PrimitivesTest, AOneShotBringsTheFirstValueAcrossCores) {
  OneShot<int> slot(core);
  environment.core(1).post([slot] {
    slot.set(7);
    slot.set(8);
  });
  EXPECT_EQ(world.run(core, take(slot, kNever)), 7);
  OneShot<int> never(core);
  EXPECT_EQ(world.run(core, take(never, environment.now() + 1s)),
            -static_cast<int>(Errc::request_timed_out));
}

}  // namespace
}  // namespace ropewalk::env
