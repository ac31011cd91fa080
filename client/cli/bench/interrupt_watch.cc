#include "client/cli/bench/interrupt_watch.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>

#include <unistd.h>

namespace ropewalk::cli {
namespace {

std::atomic<bool> interrupted_once{false};

int end_of_watch() { return SIGRTMIN; }

sigset_t set_of(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : signals) sigaddset(&set, signal);
  return set;
}

void change_mask(int how, std::initializer_list<int> signals) {
  const sigset_t set = set_of(signals);
  pthread_sigmask(how, &set, nullptr);
}

int next_of(std::initializer_list<int> signals) {
  const sigset_t set = set_of(signals);
  int signal = 0;
  sigwait(&set, &signal);
  return signal;
}

bool is_ignored(int signal) {
  struct sigaction now = {};
  sigaction(signal, nullptr, &now);
  return now.sa_handler == SIG_IGN;
}

}  // namespace

InterruptWatch::InterruptWatch(std::function<void()> on_interrupt)
    : on_interrupt_(std::move(on_interrupt)) {
  if (is_ignored(SIGINT)) return;
  change_mask(SIG_BLOCK, {SIGINT, end_of_watch()});
  thread_ = std::thread([this] { wait(); });
}

InterruptWatch::~InterruptWatch() {
  if (!thread_.joinable()) return;
  pthread_kill(thread_.native_handle(), end_of_watch());
  thread_.join();
  change_mask(SIG_UNBLOCK, {SIGINT, end_of_watch()});
}

void InterruptWatch::wait() {
  if (next_of({SIGINT, end_of_watch()}) != SIGINT) return;
  seen_ = true;
  interrupted_once = true;
  change_mask(SIG_UNBLOCK, {SIGINT});  // Here alone: the next one ends the program.
  on_interrupt_();
  next_of({end_of_watch()});
}

Error interrupted() { return {Errc::cancelled, "interrupted"}; }

bool was_interrupted() { return interrupted_once.load(); }

void end_as_interrupted() {
  std::fflush(nullptr);
  std::signal(SIGINT, SIG_DFL);
  change_mask(SIG_UNBLOCK, {SIGINT});
  ::kill(::getpid(), SIGINT);
  std::_Exit(130);  // Whoever blocks the signal still gets the status that a shell would show.
}

}  // namespace ropewalk::cli
