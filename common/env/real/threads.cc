#include "common/env/real/threads.h"

#include <algorithm>
#include <utility>

#include <pthread.h>
#include <sched.h>
#include <signal.h>

namespace ropewalk::env::real {

std::thread start_thread(const std::string& name, std::move_only_function<void()> body) {
  // Blocked here before the start, so that the new thread never has a moment without the mask.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  for (int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGPROF})
    sigdelset(&all, fault);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  std::thread thread(std::move(body));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_setname_np(thread.native_handle(), name.substr(0, 15).c_str());
  return thread;
}

void pin_thread(std::thread& thread, std::size_t processor) {
  const std::size_t processors = std::max(1u, std::thread::hardware_concurrency());
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(processor % processors, &set);
  pthread_setaffinity_np(thread.native_handle(), sizeof set, &set);
}

}  // namespace ropewalk::env::real
