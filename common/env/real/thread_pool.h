// Threads for what blocks: slow file operations, name resolution, long computations.
//
// Threads are started when work waits and none is idle, up to the limit. Work goes to the thread
// that became idle last: its stack is warm, and it may not sleep deeply yet. Any thread may submit.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <semaphore>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>

#include "common/env/core.h"
#include "common/env/real/await.h"
#include "common/error.h"

namespace ropewalk::env::real {

class ThreadPool {
 public:
  ThreadPool(std::string name, std::size_t threads);
  ~ThreadPool();  // stop()s.

  // False, and the job is destroyed, after stop().
  bool submit(Job job);
  // Does what was submitted, refuses the rest, ends the threads. Not from one of them.
  void stop();

  // Runs `work` in the pool; the task goes on where it was. Not cancellable: the work may be using
  // the task's buffers. Errors: the work's own; closed after stop().
  template <class T>
  Task<Result<T>> run(std::move_only_function<Result<T>()> work) {
    const Executor back = co_await boost::asio::this_coro::executor;
    auto initiate = [this, back](auto handler, std::move_only_function<Result<T>()> what) {
      // Shared, since a refused job is gone and its handler must still be called.
      auto held = std::make_shared<decltype(handler)>(std::move(handler));
      Job job = [held, back, what = std::move(what)]() mutable {
        auto outcome = std::make_shared<Result<T>>(what());
        what = nullptr;
        boost::asio::post(back, [held = std::move(held), outcome = std::move(outcome)]() mutable {
          std::move (*held)(std::move(*outcome));
        });
      };
      if (submit(std::move(job))) return;
      boost::asio::post(back, [held]() mutable {
        Result<T> refused = fail(Errc::closed, "the thread pool has stopped");
        std::move (*held)(std::move(refused));
      });
    };
    co_return co_await boost::asio::async_initiate<const Awaitable, void(Result<T>)>(
        std::move(initiate), kAwait, std::move(work));
  }

 private:
  // A thread's own place to wait: one wake-up reaches exactly one thread.
  struct Worker {
    std::binary_semaphore wake{0};
    std::thread thread;
  };
  void work(Worker& self);

  const std::string name_;
  const std::size_t limit_;
  std::mutex mutex_;
  std::deque<Job> queue_;
  bool stopping_ = false;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<Worker*> idle_;  // Who is woken next stands last.
};

}  // namespace ropewalk::env::real
