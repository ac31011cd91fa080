#include "common/env/real/thread_pool.h"

#include <algorithm>

#include "common/env/real/threads.h"

namespace ropewalk::env::real {

ThreadPool::ThreadPool(std::string name, std::size_t threads)
    : name_(std::move(name)), limit_(std::max<std::size_t>(1, threads)) {}

ThreadPool::~ThreadPool() { stop(); }

bool ThreadPool::submit(Job job) {
  std::lock_guard lock(mutex_);
  if (stopping_) return false;
  queue_.push_back(std::move(job));
  if (queue_.size() > idle_ && threads_.size() < limit_)
    threads_.push_back(start_thread(name_, [this] { work(); }));
  changed_.notify_one();
  return true;
}

void ThreadPool::stop() {
  std::vector<std::thread> threads;
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    threads.swap(threads_);
    changed_.notify_all();
  }
  for (auto& thread : threads) thread.join();
}

void ThreadPool::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    idle_++;
    changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    idle_--;
    if (queue_.empty()) return;
    Job job = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    job();
    job = nullptr;  // What it held may be the last reference to something.
    lock.lock();
  }
}

}  // namespace ropewalk::env::real
