// One partition's log on a simulated node, driven from a test, and a plain vector to hold it
// against.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "broker/log/directory_syncer.h"
#include "broker/log/home_tasks.h"
#include "broker/log/log_read.h"
#include "broker/log/partition_log.h"
#include "broker/log/recovery.h"
#include "common/env/serial.h"
#include "common/env/sim/simulation.h"
#include "common/records/batch_builder.h"

namespace ropewalk::log {

inline SharedBytes make_batch(int records, std::size_t value_bytes, std::int64_t timestamp = 1000,
                              char fill = 'v') {
  BatchBuilder builder;
  const std::string value(value_bytes, fill);
  for (int i = 0; i < records; i++) {
    NewRecord record;
    record.timestamp = timestamp;
    record.value = as_bytes(value);
    builder.append(record);
  }
  return builder.finish(Codec::none).value();
}

inline const TopicPartition kOrders{TopicId(Uuid::from_hex(std::string(32, 'a')).value()), 3};

// A batch as it has to come back.
struct ModelBatch {
  Offset base;
  Offset next;
  LeaderEpoch epoch;
  std::int64_t timestamp = 0;
  std::string bytes;
};

inline std::string stamped_text(const StampedBatch& batch) {
  return std::string(as_text(batch.prefix())) + std::string(as_text(batch.rest()));
}

// The partition: owns the log inside a Serial and counts what it hears.
class LogOwner : public env::SerialOwner, public LogListener {
 public:
  explicit LogOwner(env::Environment& environment) : serial_(environment, *this) {}

  void drained() override {
    if (log) log->flush();
  }
  void log_written() override { written++; }
  void log_synced() override {
    ASSERT_TRUE(serial_.inside());
    durable = log->durable_end();
  }
  void log_rolled() override { rolled++; }
  void log_append_refused(Offset from, const Error&) override { refused = from; }
  void log_failed(const Error& error) override { failure = error; }
  void log_pins_overdue() override { pins_overdue++; }

  env::Serial& serial() { return serial_; }
  std::shared_ptr<PartitionLog> log;
  int written = 0;
  int rolled = 0;
  int pins_overdue = 0;
  Offset durable;  // The last that log_synced() told.
  std::optional<Offset> refused;
  std::optional<Error> failure;

 private:
  env::Serial serial_;
};

// One life of the process. Destroy it after its node was killed, or stop() it.
class LogLife {
 public:
  LogLife(sim::Simulation& world, sim::Node& node, LogOptions options)
      : world_(world),
        environment_(node.environment()),
        options_(options),
        files_(environment_.open_file_system({"/d"}).value()),
        tasks_(environment_.core(0)),
        metrics_(environment_),
        unsynced_(environment_, "/d", kUnsyncedBytesMax),
        syncer_(environment_, *files_, tasks_, metrics_, 4),
        owner_(std::make_shared<LogOwner>(environment_)) {}

  // Recovers and takes the log into use.
  Result<void> open(std::function<void(const BatchHeader&, ByteSpan)> on_batch = {}) {
    RecoveryOptions recovery{kOrders, kFolder, options_, std::move(on_batch), {}};
    auto recovered = world_.run(core(), recover(*files_, std::move(recovery)));
    if (!recovered) return std::unexpected(recovered.error());
    report = std::move(*recovered);
    auto enter = [weak = std::weak_ptr(owner_)](env::Job job) {
      if (auto owner = weak.lock()) owner->serial().enter(std::move(job));
    };
    LogPlace place{environment_, *files_, tasks_, syncer_, metrics_, unsynced_,
                   kFolder,      kOrders, enter,  {},      {}};
    owner_->log = PartitionLog::make(std::move(place), options_, report.log, *owner_);
    owner_->durable = owner_->log->durable_end();
    return {};
  }

  // Runs `work` inside the Serial and returns when it has run.
  void inside(std::function<void()> work) {
    auto ran = std::make_shared<bool>(false);
    core().post([owner = owner_, work = std::move(work), ran] {
      owner->serial().enter([work, ran] {
        work();
        *ran = true;
      });
    });
    ASSERT_TRUE(world_.run_until([ran] { return *ran; }, std::chrono::seconds(10)));
  }
  // Runs something that ends with a Done, and returns what it was given.
  Result<void> await(std::function<void(PartitionLog::Done)> start) {
    auto outcome = std::make_shared<std::optional<Result<void>>>();
    inside([start = std::move(start), outcome] {
      start([outcome](Result<void> result) { *outcome = std::move(result); });
    });
    const bool ended =
        world_.run_until([outcome] { return outcome->has_value(); }, std::chrono::minutes(1));
    if (!ended) return fail(Errc::request_timed_out, "it did not end");
    return **outcome;
  }

  // Stamps and appends; the model batch is what has to come back.
  ModelBatch append(SharedBytes batch, LeaderEpoch epoch, std::int64_t timestamp = 1000) {
    ModelBatch model;
    inside([&] {
      auto stamped = StampedBatch::stamp(batch, log().next_offset(), epoch).value();
      model = {stamped.base_offset(), stamped.next_offset(), epoch, timestamp,
               stamped_text(stamped)};
      log().append(std::move(stamped));
    });
    return model;
  }
  bool wait_durable(Offset end) {
    return world_.run_until([&] { return owner_->log->durable_end() >= end || owner_->failure; },
                            std::chrono::minutes(1));
  }
  Result<void> truncate(Offset end) {
    return await([this, end](PartitionLog::Done done) { log().truncate(end, std::move(done)); });
  }
  Result<void> reset(Offset start) {
    return await([this, start](PartitionLog::Done done) { log().reset(start, std::move(done)); });
  }
  Result<void> checkpoint(Offset at, std::string state = "") {
    return await([this, at, state](PartitionLog::Done done) {
      log().checkpoint(at, state, std::move(done));
    });
  }
  Result<void> close() {
    return await([this](PartitionLog::Done done) { log().close(std::move(done)); });
  }
  void stop() { world_.run(core(), tasks_.stop()); }

  Result<std::string> read(Offset from, ReadLimits limits) {
    auto bytes = world_.run(core(), read_bytes(log().view(), from, limits));
    if (!bytes) return std::unexpected(bytes.error());
    return std::string(bytes->text());
  }
  Result<ReadResult> read_chunks(Offset from, ReadLimits limits) {
    return world_.run(core(), log::read(log().view(), from, limits));
  }

  PartitionLog& log() { return *owner_->log; }
  LogOwner& owner() { return *owner_; }
  env::Core& core() { return environment_.core(0); }
  env::FileSystem& files() { return *files_; }
  DirectorySyncer& syncer() { return syncer_; }
  const DirectoryMetrics& metrics() const { return metrics_; }
  const UnsyncedBytes& unsynced() const { return unsynced_; }
  HomeTasks& tasks() { return tasks_; }
  RecoveryReport report;

  static constexpr const char* kFolder = "partitions/t/3";
  static constexpr std::uint64_t kUnsyncedBytesMax = 1 << 20;

 private:
  sim::Simulation& world_;
  env::Environment& environment_;
  LogOptions options_;
  std::unique_ptr<env::FileSystem> files_;
  HomeTasks tasks_;
  DirectoryMetrics metrics_;
  UnsyncedBytes unsynced_;
  DirectorySyncer syncer_;
  std::shared_ptr<LogOwner> owner_;
};

}  // namespace ropewalk::log
