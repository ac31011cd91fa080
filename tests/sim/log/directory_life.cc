#include "tests/sim/log/directory_life.h"

#include <utility>

namespace ropewalk::log {
namespace {

constexpr auto kPatience = std::chrono::minutes(1);

class ToldOwner final : public LogOwner {
 public:
  ToldOwner(env::Environment& environment, std::function<void(Offset)> synced)
      : LogOwner(environment), synced_(std::move(synced)) {}
  void log_synced() override {
    LogOwner::log_synced();
    if (synced_) synced_(durable);
  }

 private:
  const std::function<void(Offset)> synced_;
};

const CleanStop kMarker{IncarnationId(Uuid::from_hex(std::string(32, '7')).value()),
                        BrokerEpoch(1)};

}  // namespace

DirectoryLife::DirectoryLife(sim::Simulation& world, sim::Node& node)
    : world_(world),
      environment_(node.environment()),
      files_(environment_.open_file_system({kRoot}).value()) {}

Result<void> DirectoryLife::open(bool may_format) {
  LogDirectoryOptions options{
      {ClusterId(Uuid::from_hex(std::string(32, '1')).value()), BrokerId(4), DirectoryId()},
      may_format,
      4,
      {.reserve_bytes = 2 * sim::kSectorBytes}};
  auto opened = world_.run(core(), LogDirectory::open(environment_, *files_, core(), options));
  if (!opened) return std::unexpected(opened.error());
  directory_ = std::move(*opened);
  return {};
}

Result<void> DirectoryLife::open_partition(TopicPartition partition, LogOptions options,
                                           std::function<void(Offset)> synced) {
  RecoveryOptions recovery;
  recovery.log = options;
  auto report = world_.run(core(), directory_->open_partition(partition, std::move(recovery)));
  if (!report) return std::unexpected(report.error());
  auto owner = std::make_shared<ToldOwner>(environment_, std::move(synced));
  auto enter = [weak = std::weak_ptr<LogOwner>(owner)](env::Job job) {
    if (auto strong = weak.lock()) strong->serial().enter(std::move(job));
  };
  owner->log =
      PartitionLog::make(directory_->place_of(partition, enter), options, report->log, *owner);
  owner->durable = owner->log->durable_end();
  owners_[partition] = std::move(owner);
  return {};
}

void DirectoryLife::inside(TopicPartition partition, std::function<void(PartitionLog&)> work) {
  auto ran = std::make_shared<bool>(false);
  core().post([owner = owners_.at(partition), work = std::move(work), ran] {
    owner->serial().enter([owner, work, ran] {
      work(*owner->log);
      *ran = true;
    });
  });
  ASSERT_TRUE(world_.run_until([ran] { return *ran; }, kPatience));
}

bool DirectoryLife::wait_durable(TopicPartition partition, Offset end) {
  return world_.run_until([&] { return log(partition).durable_end() >= end; }, kPatience);
}

Result<std::string> DirectoryLife::read_all(TopicPartition partition) {
  std::string all;
  const Offset end = log(partition).readable_end();
  for (Offset from = log(partition).log_start(); from < end;) {
    const ReadLimits limits{end, 1 << 20, true};
    auto chunks = world_.run(core(), log::read(log(partition).view(), from, limits));
    if (!chunks) return std::unexpected(chunks.error());
    auto bytes = world_.run(core(), read_bytes(log(partition).view(), from, limits));
    if (!bytes) return std::unexpected(bytes.error());
    if (chunks->next <= from) return fail(Errc::corrupt, "nothing to read at {}", from);
    all += bytes->text();
    from = chunks->next;
  }
  return all;
}

Result<void> DirectoryLife::close(TopicPartition partition) {
  auto outcome = std::make_shared<std::optional<Result<void>>>();
  inside(partition, [outcome](PartitionLog& log) {
    log.close([outcome](Result<void> result) { *outcome = std::move(result); });
  });
  if (!world_.run_until([outcome] { return outcome->has_value(); }, kPatience))
    return fail(Errc::request_timed_out, "{} did not close", partition);
  return **outcome;
}

Result<void> DirectoryLife::leave_marker() {
  return world_.run(core(), directory_->write_clean_stop(kMarker));
}

}  // namespace ropewalk::log
