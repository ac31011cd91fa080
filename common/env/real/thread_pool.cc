#include "common/env/real/thread_pool.h"

#include <algorithm>

#include "common/env/real/threads.h"

namespace ropewalk::env::real {

ThreadPool::ThreadPool(std::string name, std::size_t threads)
    : name_(std::move(name)), limit_(std::max<std::size_t>(1, threads)) {}

ThreadPool::~ThreadPool() { stop(); }

bool ThreadPool::submit(Job job) {
  Worker* woken = nullptr;
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return false;
    queue_.push_back(std::move(job));
    if (!idle_.empty()) {
      woken = idle_.back();
      idle_.pop_back();
    } else if (workers_.size() < limit_) {
      Worker& worker = *workers_.emplace_back(std::make_unique<Worker>());
      worker.thread = start_thread(name_, [this, &worker] { work(worker); });
    }
  }
  // Not under the lock, which the woken thread takes at once.
  if (woken != nullptr) woken->wake.release();
  return true;
}

void ThreadPool::stop() {
  std::vector<std::unique_ptr<Worker>> ending;
  std::vector<Worker*> asleep;
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    ending.swap(workers_);
    asleep.swap(idle_);
  }
  for (Worker* const worker : asleep) worker->wake.release();
  for (const auto& worker : ending) worker->thread.join();
}

void ThreadPool::work(Worker& self) {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (!queue_.empty()) {
      Job job = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      job();
      job = nullptr;  // What it held may be the last reference to something.
      lock.lock();
    } else if (stopping_) {
      return;
    } else {
      idle_.push_back(&self);
      lock.unlock();
      self.wake.acquire();
      lock.lock();
    }
  }
}

}  // namespace ropewalk::env::real
