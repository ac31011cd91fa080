#include "common/env/real/timer_heap.h"

#include <map>
#include <random>

#include <gtest/gtest.h>

namespace ropewalk::env::real {
namespace {

MonotonicTime at(int ticks) { return MonotonicTime(Duration(ticks)); }

TEST(TimerHeap, FiresInOrderOfTimeThenOfArrival) {
  TimerHeap heap;
  std::vector<int> fired;
  heap.add(at(5), [&] { fired.push_back(1); });
  heap.add(at(3), [&] { fired.push_back(2); });
  heap.add(at(5), [&] { fired.push_back(3); });
  heap.add(at(9), [&] { fired.push_back(4); });
  const auto mark = heap.mark();
  while (auto job = heap.take_due(at(5), mark)) job();
  EXPECT_EQ(fired, (std::vector<int>{2, 1, 3}));
  EXPECT_EQ(heap.next(), at(9));
}

TEST(TimerHeap, LeavesWhatWasAddedAfterTheMark) {
  TimerHeap heap;
  const auto mark = heap.mark();
  heap.add(at(1), [] {});
  EXPECT_FALSE(heap.take_due(at(1), mark));
  EXPECT_TRUE(heap.take_due(at(1), heap.mark()));
}

TEST(TimerHeap, AnOldIdDoesNotTakeTheTimerThatReusesItsSlot) {
  TimerHeap heap;
  const TimerId first = heap.add(at(1), [] {});
  EXPECT_TRUE(heap.take(first));
  const TimerId second = heap.add(at(1), [] {});
  EXPECT_NE(first, second);
  EXPECT_FALSE(heap.take(first));
  EXPECT_TRUE(heap.take(second));
  EXPECT_FALSE(heap.take(TimerId::none));
}

TEST(TimerHeap, AgreesWithASortedModelUnderRandomUse) {
  TimerHeap heap;
  std::map<std::pair<MonotonicTime, int>, TimerId> model;
  std::mt19937 random(7);
  int serial = 0;
  int fired = -1;
  for (int step = 0; step < 20000; step++) {
    const auto choice = random() % 4;
    if (choice < 2) {
      const int number = serial++;
      const auto when = at(static_cast<int>(random() % 1000));
      model[{when, number}] = heap.add(when, [&fired, number] { fired = number; });
    } else if (choice == 2 && !model.empty()) {
      auto victim = std::next(model.begin(), static_cast<long>(random() % model.size()));
      EXPECT_TRUE(heap.take(victim->second));
      model.erase(victim);
    } else if (!model.empty()) {
      const auto first = model.begin();
      EXPECT_EQ(heap.next(), first->first.first);
      heap.take_due(first->first.first, heap.mark())();
      ASSERT_EQ(fired, first->first.second);
      model.erase(first);
    }
  }
  EXPECT_EQ(heap.clear().size(), model.size());
  EXPECT_TRUE(heap.empty());
}

}  // namespace
}  // namespace ropewalk::env::real
