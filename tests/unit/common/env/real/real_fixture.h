// Runs test tasks on the cores of a real environment.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "common/env/real/real_environment.h"
#include "common/env/task_group.h"

namespace ropewalk::env {

class RealTest : public ::testing::Test {
 protected:
  using MakeTask = std::function<Task<void>()>;

  // Built at the first use, so that a test can set the options before.
  RealEnvironment& env() {
    if (!env_) env_ = make_real_environment(options_);
    return *env_;
  }
  MonotonicTime in(Duration time) { return env().now() + time; }
  static constexpr Duration kLong = std::chrono::seconds(30);

  // Starts the task on a core and returns when it has ended.
  void run(MakeTask make, std::size_t core = 0) { finish(start(std::move(make), core)); }

  struct Started {
    std::unique_ptr<TaskGroup> group;
    Core* core = nullptr;
  };
  using StartedPtr = std::shared_ptr<Started>;

  StartedPtr start(MakeTask make, std::size_t core = 0) {
    auto started = std::make_shared<Started>();
    started->core = &env().core(core);
    started->core->post([started, make = std::move(make)] {
      started->group = std::make_unique<TaskGroup>(*started->core);
      started->group->spawn("test", hold(make));
    });
    return started;
  }

  void finish(const StartedPtr& started) {
    std::atomic<bool> ended = false;
    look(started, ended);
    ASSERT_TRUE(env().block_until([&] { return ended.load(); }, in(kLong)));
  }

  // Cancels what was started and returns when it has ended.
  void cancel(const StartedPtr& started) {
    std::atomic<bool> ended = false;
    started->core->post([this, started, &ended] {
      auto stopping = std::make_shared<TaskGroup>(*started->core);
      keep_.push_back(stopping);
      stopping->spawn("stop", stop_group(started, ended));
    });
    ASSERT_TRUE(env().block_until([&] { return ended.load(); }, in(kLong)));
  }

  void TearDown() override {
    env_.reset();
    keep_.clear();
    for (const auto& directory : directories_) std::filesystem::remove_all(directory);
  }

  std::string temporary_directory() {
    std::string name = std::filesystem::temp_directory_path() / "rw-real-XXXXXX";
    if (mkdtemp(name.data()) == nullptr) ADD_FAILURE() << "mkdtemp";
    directories_.push_back(name);
    return name;
  }

  RealOptions options_{.cores = 2};

 private:
  static Task<void> hold(MakeTask make) { co_await make(); }

  Task<void> stop_group(StartedPtr started, std::atomic<bool>& ended) {
    co_await started->group->stop();
    started->group.reset();
    ended = true;
    env().notify();
  }

  void look(StartedPtr started, std::atomic<bool>& ended) {
    started->core->post([this, started, &ended] {
      if (started->group->size() != 0) {
        started->core->call_at(in(std::chrono::milliseconds(1)),
                               [this, started, &ended] { look(started, ended); });
        return;
      }
      started->group.reset();
      ended = true;
      env().notify();
    });
  }

  std::vector<std::shared_ptr<TaskGroup>> keep_;
  std::vector<std::string> directories_;
  std::unique_ptr<RealEnvironment> env_;
};

}  // namespace ropewalk::env
