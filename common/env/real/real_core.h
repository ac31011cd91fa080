// A core of the real environment: an io_context, the thread that runs it, and its timers.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/wait_traits.hpp>

#include "common/env/core.h"
#include "common/env/real/timer_heap.h"

namespace ropewalk::env::real {

class RealCore final : public Core {
 public:
  // `home` is the environment that current_core() answers for.
  RealCore(const void* home, std::size_t index);
  // Destroys what still waits here (tasks, jobs). Pre: joined.
  ~RealCore() override;

  // `pin` keeps the thread on one processor.
  void start(const std::string& thread_name, bool pin);
  void stop();  // Any thread: the loop ends after the job that runs.
  void join();

  // The calling thread's core if it is one of `home`'s.
  static RealCore* current(const void* home);

  std::size_t index() const override { return index_; }
  Executor executor() override { return context_->get_executor(); }
  bool is_current() const override;
  void post(Job job) override;
  TimerId call_at(MonotonicTime when, Job job) override;
  bool cancel(TimerId timer) override;
  Task<bool> sleep_until(MonotonicTime when) override;

 private:
  using AsioTimer = boost::asio::basic_waitable_timer<
      std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, Executor>;

  void run();
  void arm();
  void fire();

  const void* home_;
  std::size_t index_;
  TimerHeap timers_;
  // On the heap, so that it can be destroyed while the rest of this object still answers: tasks
  // that die with it cancel their timers.
  std::unique_ptr<boost::asio::io_context> context_;
  std::unique_ptr<AsioTimer> alarm_;
  boost::asio::executor_work_guard<Executor> work_;
  MonotonicTime alarm_at_ = kNever;  // When the alarm goes off next; never later than the heap's.
  bool firing_ = false;
  std::thread thread_;
};

}  // namespace ropewalk::env::real
