#include "common/env/real/real_environment.h"

#include <condition_variable>
#include <csignal>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/signal_set.hpp>
#include <sys/random.h>
#include <time.h>

#include "common/env/real/descriptor_cache.h"
#include "common/env/real/posix_file_system.h"
#include "common/env/real/process_stats.h"
#include "common/env/real/real_core.h"
#include "common/env/real/tcp_network.h"
#include "common/env/real/thread_pool.h"

namespace ropewalk::env {
namespace {

class ProcessEnvironment final : public RealEnvironment {
 public:
  explicit ProcessEnvironment(const RealOptions& options);
  ~ProcessEnvironment() override;

  MonotonicTime now() const override {
    return MonotonicTime(std::chrono::steady_clock::now().time_since_epoch());
  }
  BootTime boot_now() const override;
  WallTime wall_now() const override {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  }

  std::size_t core_count() const override { return cores_.size() - 1; }
  Core& core(std::size_t index) override { return *cores_.at(index); }
  Core& current_core() override;
  Core* current_core_or_null() override { return real::RealCore::current(this); }

  Network& network() override { return network_; }
  Result<std::unique_ptr<FileSystem>> open_file_system(FileSystemOptions options) override;
  Random random(std::string_view stream) override;
  void compute(Job work, Core& back, Job done) override;
  std::optional<ProcessStats> process_stats() override {
    ProcessStats stats = real::read_process_stats();
    stats.started = started_;
    return stats;
  }
  void on_stop_signal(Job callback) override;
  bool block_until(const std::function<bool()>& ready, MonotonicTime deadline) override;
  void notify() override;

  void stop() override;
  void run_until_stopped() override;

 private:
  using SignalSet = boost::asio::basic_signal_set<Executor>;

  void wait_for_signal();

  const WallTime started_ = wall_now();
  std::shared_ptr<real::DescriptorCache> descriptors_;
  real::ThreadPool compute_;
  std::vector<std::unique_ptr<real::RealCore>> cores_;
  real::TcpNetwork network_;

  // On core 0 only.
  std::unique_ptr<SignalSet> signals_;
  Job on_stop_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t notified_ = 0;  // Counts notify() calls.
  bool stopped_ = false;
};

ProcessEnvironment::ProcessEnvironment(const RealOptions& options)
    : descriptors_(std::make_shared<real::DescriptorCache>(options.descriptors)),
      compute_("rw-compute", options.compute_threads),
      network_([this]() -> Core& { return current_core(); }) {
  for (std::size_t i = 0; i <= options.cores; i++)
    cores_.push_back(std::make_unique<real::RealCore>(this, i));
  for (std::size_t i = 0; i < options.cores; i++)
    cores_[i]->start("rw-core-" + std::to_string(i), options.pin);
  cores_.back()->start("rw-control", false);
}

ProcessEnvironment::~ProcessEnvironment() {
  stop();
  for (auto& core : cores_) core->join();
  // Pools before cores: what a pool still finishes is posted to a core.
  compute_.stop();
  network_.stop();
  signals_.reset();
  on_stop_ = nullptr;
  cores_.clear();
}

BootTime ProcessEnvironment::boot_now() const {
  timespec time{};
  clock_gettime(CLOCK_BOOTTIME, &time);
  return BootTime(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
}

Core& ProcessEnvironment::current_core() {
  Core* core = current_core_or_null();
  ENSURE(core != nullptr, "called from a thread that is no core of this environment");
  return *core;
}

Result<std::unique_ptr<FileSystem>> ProcessEnvironment::open_file_system(
    FileSystemOptions options) {
  TRY(auto files, real::PosixFileSystem::open(options, descriptors_));
  return files;
}

Random ProcessEnvironment::random(std::string_view) {
  std::uint64_t seed = 0;
  const ssize_t got = getrandom(&seed, sizeof seed, 0);
  ENSURE(got == sizeof seed, "the system has no random numbers");
  return Random(seed);
}

void ProcessEnvironment::compute(Job work, Core& back, Job done) {
  Job job = [work = std::move(work), &back, done = std::move(done)]() mutable {
    work();
    work = nullptr;
    back.post(std::move(done));
  };
  compute_.submit(std::move(job));  // Refused only while everything ends.
}

void ProcessEnvironment::on_stop_signal(Job callback) {
  cores_.front()->post([this, callback = std::move(callback)]() mutable {
    on_stop_ = std::move(callback);
    if (signals_) return;
    signals_ = std::make_unique<SignalSet>(cores_.front()->executor(), SIGTERM, SIGINT);
    wait_for_signal();
  });
}

void ProcessEnvironment::wait_for_signal() {
  signals_->async_wait([this](boost::system::error_code error, int) {
    if (error) return;
    // Once: an impatient second signal does not stop what is stopping.
    if (Job callback = std::exchange(on_stop_, nullptr)) callback();
    wait_for_signal();
  });
}

bool ProcessEnvironment::block_until(const std::function<bool()>& ready, MonotonicTime deadline) {
  ENSURE(current_core_or_null() == nullptr, "block_until() would stop a core");
  std::unique_lock lock(mutex_);
  for (;;) {
    const std::uint64_t seen = notified_;
    lock.unlock();
    if (ready()) return true;
    lock.lock();
    const auto moved = [this, seen] { return notified_ != seen; };
    if (deadline == kNever) {
      changed_.wait(lock, moved);
    } else if (!changed_.wait_until(
                   lock, std::chrono::steady_clock::time_point(deadline.time_since_epoch()),
                   moved)) {
      lock.unlock();
      return ready();
    }
  }
}

void ProcessEnvironment::notify() {
  std::lock_guard lock(mutex_);
  notified_++;
  changed_.notify_all();
}

void ProcessEnvironment::stop() {
  for (auto& core : cores_) core->stop();
  std::lock_guard lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
}

void ProcessEnvironment::run_until_stopped() {
  ENSURE(current_core_or_null() == nullptr, "a core cannot wait for its own end");
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return stopped_; });
  lock.unlock();
  for (auto& core : cores_) core->join();
}

}  // namespace

std::unique_ptr<RealEnvironment> make_real_environment(RealOptions options) {
  return std::make_unique<ProcessEnvironment>(options);
}

}  // namespace ropewalk::env
