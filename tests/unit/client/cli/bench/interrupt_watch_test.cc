#include "client/cli/bench/interrupt_watch.h"

#include <csignal>
#include <future>

#include <unistd.h>

namespace ropewalk::cli {
namespace {

TEST(InterruptWatch, TellsTheFirst) {
  std::signal(SIGINT, SIG_DFL);
  std::promise<void> told;
  const InterruptWatch watch([&] { told.set_value(); });
  EXPECT_FALSE(watch.has_seen_one());
  ::kill(::getpid(), SIGINT);
  told.get_future().wait();
  EXPECT_TRUE(watch.has_seen_one());
  EXPECT_TRUE(was_interrupted());
}

TEST(InterruptWatch, LeavesTheSecondToTheSystem) {
  std::signal(SIGINT, SIG_DFL);
  const auto interrupt_twice = [] {
    std::promise<void> told;
    const InterruptWatch watch([&] { told.set_value(); });
    ::kill(::getpid(), SIGINT);
    told.get_future().wait();
    ::kill(::getpid(), SIGINT);
    for (;;) ::pause();
  };
  EXPECT_EXIT(interrupt_twice(), testing::KilledBySignal(SIGINT), "");
}

TEST(InterruptWatch, EndsTheProgramAsTheSignalWould) {
  std::signal(SIGINT, SIG_DFL);
  EXPECT_EXIT(end_as_interrupted(), testing::KilledBySignal(SIGINT), "");
}

TEST(InterruptWatch, LeavesNothingBehind) {
  std::signal(SIGINT, SIG_DFL);
  {
    const InterruptWatch watch([] {});
  }
  sigset_t blocked;
  pthread_sigmask(SIG_BLOCK, nullptr, &blocked);
  EXPECT_FALSE(sigismember(&blocked, SIGINT));
}

// As a shell without job control starts its jobs in the background.
TEST(InterruptWatch, ChangesNothingWhereTheSignalIsIgnored) {
  std::signal(SIGINT, SIG_IGN);
  const InterruptWatch watch([] {});
  ::kill(::getpid(), SIGINT);
  EXPECT_FALSE(watch.has_seen_one());
  std::signal(SIGINT, SIG_DFL);
}

}  // namespace
}  // namespace ropewalk::cli
