// A simulated core: one io_context that only the world's scheduler polls.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include "common/env/core.h"
#include "common/env/sim/world.h"

namespace ropewalk::sim {

class SimEnvironment;

class SimCore final : public env::Core {
 public:
  SimCore(SimEnvironment& environment, std::size_t index, std::uint64_t number);
  ~SimCore() override;

  std::size_t index() const override { return index_; }
  env::Executor executor() override;
  bool is_current() const override;
  void post(env::Job job) override;
  env::TimerId call_at(env::MonotonicTime when, env::Job job) override;
  bool cancel(env::TimerId timer) override;
  Task<bool> sleep_until(env::MonotonicTime when) override;

  SimEnvironment& environment() { return environment_; }
  std::uint64_t number() const { return number_; }  // Of the whole simulation, for the trace.
  bool alive() const;
  bool paused() const;
  bool poll_one();
  // The end of a life: first shut_down() of all cores, then destroy_context() of all: what one
  // context still holds may post to another.
  void shut_down();
  void destroy_context();

  bool listed = false;  // The world's: in its list of perhaps ready cores.

 private:
  class Context : public boost::asio::io_context {
   public:
    Context() : boost::asio::io_context(1) {}
    void shut_down() { shutdown(); }
  };
  struct Timer {
    EventKey event;
    env::MonotonicTime when;
    env::Job job;
  };
  void arm(env::TimerId id, Timer& timer);
  void fire(env::TimerId id);
  void run_timer(env::TimerId id);

  SimEnvironment& environment_;
  const std::size_t index_;
  const std::uint64_t number_;
  std::unique_ptr<Context> context_;
  // Without it an idle io_context would stop for good.
  std::optional<boost::asio::executor_work_guard<env::Executor>> work_;
  std::uint64_t last_timer_ = 0;
  std::map<env::TimerId, Timer> timers_;
};

}  // namespace ropewalk::sim
