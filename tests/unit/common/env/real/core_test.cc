#include <csignal>
#include <thread>

#include "common/env/event.h"
#include "common/env/serial.h"
#include "tests/unit/common/env/real/real_fixture.h"

namespace ropewalk::env {
namespace {

using namespace std::chrono_literals;
using CoreTest = RealTest;

TEST_F(CoreTest, JobsRunOnTheirCoreInTheCallersOrder) {
  std::vector<int> order;
  std::atomic<bool> done = false;
  for (int i = 0; i < 100; i++) env().core(1).post([&, i] { order.push_back(i); });
  Core* seen = nullptr;
  env().core(1).post([&] {
    seen = &env().current_core();
    done = true;
    env().notify();
  });
  ASSERT_TRUE(env().block_until([&] { return done.load(); }, in(kLong)));
  EXPECT_EQ(seen, &env().core(1));
  ASSERT_EQ(order.size(), 100u);
  EXPECT_TRUE(std::ranges::is_sorted(order));
  EXPECT_EQ(env().current_core_or_null(), nullptr);
}

TEST_F(CoreTest, ACoreOfAnotherEnvironmentIsNotOurs) {
  auto other = make_real_environment({.cores = 1});
  std::atomic<bool> done = false;
  Core* seen = &env().core(0);
  other->core(0).post([&] {
    seen = env().current_core_or_null();
    done = true;
    env().notify();
  });
  ASSERT_TRUE(env().block_until([&] { return done.load(); }, in(kLong)));
  EXPECT_EQ(seen, nullptr);
}

TEST_F(CoreTest, BlockUntilGivesUpAtTheDeadline) {
  const auto deadline = in(5ms);
  EXPECT_FALSE(env().block_until([] { return false; }, deadline));
  EXPECT_GE(env().now(), deadline);
}

Task<void> sleep(Core& core, MonotonicTime when, std::atomic<int>& outcome) {
  const bool slept = co_await core.sleep_until(when);
  outcome = slept ? 1 : 2;
}

TEST_F(CoreTest, SleepsUntilTheTime) {
  std::atomic<int> outcome = 0;
  const auto when = in(10ms);
  run([&] { return sleep(env().core(0), when, outcome); });
  EXPECT_EQ(outcome, 1);
  EXPECT_GE(env().now(), when);
}

TEST_F(CoreTest, ACancelledSleepEndsAtOnceAndSaysSo) {
  std::atomic<int> outcome = 0;
  auto started = start([&] { return sleep(env().core(0), in(1h), outcome); });
  cancel(started);
  EXPECT_EQ(outcome, 2);
}

TEST_F(CoreTest, ACancelledTimerNeverRuns) {
  std::atomic<bool> done = false;
  bool ran = false;
  bool was_waiting = false;
  bool still_waiting = true;
  env().core(0).post([&] {
    Core& core = env().core(0);
    const auto timer = core.call_at(in(1ms), [&] { ran = true; });
    was_waiting = core.cancel(timer);
    still_waiting = core.cancel(timer);
    core.call_at(in(5ms), [&] {
      done = true;
      env().notify();
    });
  });
  ASSERT_TRUE(env().block_until([&] { return done.load(); }, in(kLong)));
  EXPECT_FALSE(ran);
  EXPECT_TRUE(was_waiting);
  EXPECT_FALSE(still_waiting);
}

TEST_F(CoreTest, AnEarlierTimerIsNotHeldUpByALaterOne) {
  std::atomic<bool> done = false;
  env().core(0).post([&] {
    env().core(0).call_at(in(1h), [] {});
    env().core(0).call_at(in(1ms), [&] {
      done = true;
      env().notify();
    });
  });
  EXPECT_TRUE(env().block_until([&] { return done.load(); }, in(kLong)));
}

TEST_F(CoreTest, AStopSignalRunsTheCallbackOnceOnCoreZero) {
  std::atomic<int> calls = 0;
  std::atomic<bool> on_core_zero = false;
  env().on_stop_signal([&] {
    on_core_zero = env().current_core_or_null() == &env().core(0);
    calls++;
    env().notify();
  });
  std::atomic<bool> registered = false;
  env().core(0).post([&] {
    registered = true;
    env().notify();
  });
  ASSERT_TRUE(env().block_until([&] { return registered.load(); }, in(kLong)));
  std::raise(SIGTERM);
  ASSERT_TRUE(env().block_until([&] { return calls.load() == 1; }, in(kLong)));
  EXPECT_TRUE(on_core_zero);
  std::raise(SIGTERM);  // Ignored: the program is stopping already.
  std::atomic<bool> later = false;
  env().core(0).post([&] {
    later = true;
    env().notify();
  });
  ASSERT_TRUE(env().block_until([&] { return later.load(); }, in(kLong)));
  EXPECT_EQ(calls, 1);
}

TEST_F(CoreTest, ComputesOffTheCoresAndComesBack) {
  std::atomic<bool> done = false;
  Core* worked_on = &env().core(0);
  Core* back_on = nullptr;
  env().compute([&] { worked_on = env().current_core_or_null(); }, env().core(1),
                [&] {
                  back_on = env().current_core_or_null();
                  done = true;
                  env().notify();
                });
  ASSERT_TRUE(env().block_until([&] { return done.load(); }, in(kLong)));
  EXPECT_EQ(worked_on, nullptr);
  EXPECT_EQ(back_on, &env().core(1));
}

TEST_F(CoreTest, TasksThatStillWaitDieWithTheEnvironment) {
  struct Witness {
    explicit Witness(std::atomic<int>& c) : count(c) { count++; }
    ~Witness() { count--; }
    std::atomic<int>& count;
  };
  struct Body {
    static Task<void> wait(Core& core, MonotonicTime when, std::atomic<int>& count) {
      Witness witness(count);
      co_await core.sleep_until(when);
    }
  };
  static std::atomic<int> alive = 0;
  auto started = start([this] { return Body::wait(env().core(0), in(1h), alive); });
  ASSERT_TRUE(env().block_until(
      [&] {
        env().core(0).post([this] { env().notify(); });
        return alive.load() == 1;
      },
      in(kLong)));
  TearDown();
  EXPECT_EQ(alive, 0);
}

// Several threads enter one Serial: nobody is inside twice, nothing is lost, and each submitter's
// order is kept.
class Counted : public SerialOwner {
 public:
  explicit Counted(Environment& environment) : serial(environment, *this) {}
  void drained() override { drains++; }

  Serial serial;
  int inside = 0;
  int drains = 0;
  int total = 0;
  std::vector<int> last = std::vector<int>(8, -1);
  bool in_order = true;
  bool alone = true;
};

TEST_F(CoreTest, ASerialObjectIsEnteredByOneAtATimeAndKeepsEachSubmittersOrder) {
  constexpr int kEach = 2000;
  options_.cores = 4;
  auto counted = std::make_shared<Counted>(env());
  std::atomic<int> left = 0;
  const auto cores = env().core_count();
  left = static_cast<int>(cores) * kEach;
  for (std::size_t who = 0; who < cores; who++) {
    for (int i = 0; i < kEach; i++) {
      env().core(who).post([&, counted, who, i] {
        counted->serial.enter([&, counted, who, i] {
          if (counted->inside++ != 0) counted->alone = false;
          if (counted->last[who] != i - 1) counted->in_order = false;
          counted->last[who] = i;
          counted->total++;
          counted->inside--;
          if (--left == 0) env().notify();
        });
      });
    }
  }
  ASSERT_TRUE(env().block_until([&] { return left.load() == 0; }, in(kLong)));
  std::atomic<bool> seen = false;
  env().core(0).post([&] {
    counted->serial.enter([&] {
      EXPECT_EQ(counted->total, static_cast<int>(cores) * kEach);
      EXPECT_TRUE(counted->alone);
      EXPECT_TRUE(counted->in_order);
      seen = true;
      env().notify();
    });
  });
  ASSERT_TRUE(env().block_until([&] { return seen.load(); }, in(kLong)));
  env().stop();
  env().run_until_stopped();
}

}  // namespace
}  // namespace ropewalk::env
