#include "broker/replication/partition.h"

#include <algorithm>
#include <utility>

#include "broker/log/disk_failure.h"
#include "common/env/event.h"
#include "common/log.h"
#include "common/plant.h"

namespace ropewalk::replication {
namespace {

// How long a follower waits for its disk to have room again.
constexpr env::Duration kAfterRefusedAppend = std::chrono::seconds(1);

}  // namespace

std::shared_ptr<Partition> Partition::open(Options options) {
  std::shared_ptr<Partition> partition(new Partition(options));
  std::weak_ptr<Partition> weak = partition;
  auto enter = [weak](env::Job job) {
    if (const auto held = weak.lock()) held->serial_.enter(std::move(job));
  };
  log::LogPlace place = options.place(std::move(enter));
  partition->reading_ = {.files = &place.files,
                         .tasks = &place.tasks,
                         .folder = place.folder,
                         .producers_max = partition->producers_.producers_max()};
  partition->log_ = log::PartitionLog::make(std::move(place), options.log,
                                            std::move(options.recovered), *partition);
  return partition;
}

Partition::Partition(Options& options)
    : environment_(options.environment),
      id_(options.id),
      producers_(std::move(options.producers)),
      space_(options.space),
      high_watermark_(options.recovered.high_watermark),
      times_(options.times),
      reports_(std::move(options.reports)),
      reports_core_(options.reports_core),
      metrics_(std::move(options.metrics)),
      catch_up_(options.catch_up),
      why_not_{Errc::not_leader_or_follower, fmt::format("{} has no leader here", options.id)},
      serial_(environment_, *this) {}

Partition::~Partition() = default;

void Partition::disk_failed(Error error) {
  serial_.enter([this, error = std::move(error)] {
    end_by(error);
    log_->disk_failed(error);
  });
}

void Partition::measure(std::move_only_function<void(std::uint64_t)> done) {
  env::Core& core = environment_.current_core();
  serial_.enter([this, &core, done = std::move(done)]() mutable {
    core.post([bytes = log_->view()->bytes(), done = std::move(done)]() mutable { done(bytes); });
  });
}

void Partition::describe_replicas(std::optional<LeaderEpoch> expected_epoch,
                                  std::move_only_function<void(Result<DescribedReplicas>)> done) {
  env::Core& core = environment_.current_core();
  serial_.enter([this, &core, expected_epoch, done = std::move(done)]() mutable {
    Result<DescribedReplicas> told;
    if (auto ours = check_role(expected_epoch); !ours)
      told = std::unexpected(std::move(ours).error());
    else
      told = DescribedReplicas{.log_start = log_->log_start(),
                               .log_end = log_->readable_end(),
                               .bytes = log_->view()->bytes(),
                               .log_ends = leader_->log_ends()};
    core.post(
        [told = std::move(told), done = std::move(done)]() mutable { done(std::move(told)); });
  });
}

Task<Result<void>> Partition::close() {
  const auto keep = shared_from_this();
  env::OneShot<Result<void>> closed(environment_.current_core());
  serial_.enter([this, closed] {
    close_inside([closed](Result<void> outcome) { closed.set(std::move(outcome)); });
  });
  auto waited = co_await closed.wait_until(env::kNever);
  if (!waited) co_return std::unexpected(std::move(waited).error());
  co_return std::move(*waited);
}

void Partition::drained() {
  if (!ended_) log_->flush();
  if (leader_) tick_at(leader_->next_tick());
  if (follower_) ask_leader();
  outbox_.flush(environment_, serial_);
}

// Whether a request of a client is for us, in its own opinion and in ours.
Result<void> Partition::check_role(std::optional<LeaderEpoch> expected) const {
  if (!leader_) return fail(why_not_);
  if (!expected || *expected == epoch_) return {};
  if (*expected < epoch_)
    return fail(Errc::fenced_leader_epoch, "{}: epoch {} is over, this is {}", id_, *expected,
                epoch_);
  return fail(Errc::unknown_leader_epoch, "{}: epoch {} is not known here yet, this is {}", id_,
              *expected, epoch_);
}

void Partition::log_written() {
  const Offset end = log_->readable_end();
  producers_.keep(end);
  begin_next_role();
  if (follower_)
    carry_out(follower_->step(FollowerWritten{.generation = log_->generation(), .log_end = end}));
  if (RW_PLANT(answer_before_sync) && follower_)
    carry_out(
        follower_->step(FollowerSynced{.generation = log_->generation(), .durable_end = end}));
  if (!leader_) return;
  wake_replicas();
  carry_out(leader_->step(Written{end}, environment_.now()));
  if (RW_PLANT(answer_before_sync)) carry_out(leader_->step(Synced{end}, environment_.now()));
  auto left = unwritten_.begin();
  for (const Unwritten& waits : unwritten_) {
    if (waits.end <= end)
      carry_out(leader_->step(Waits{.waiter = waits.waiter, .acks = waits.acks, .end = waits.end},
                              environment_.now()));
    else
      *left++ = waits;
  }
  unwritten_.erase(left, unwritten_.end());
}

void Partition::log_synced() {
  if (leader_) carry_out(leader_->step(Synced{log_->durable_end()}, environment_.now()));
  if (follower_)
    carry_out(follower_->step(
        FollowerSynced{.generation = log_->generation(), .durable_end = log_->durable_end()}));
}

void Partition::log_rolled() {
  if (ended_) return;
  store_checkpoint([id = id_](Result<void> stored) {
    if (!stored && stored.error().code != Errc::cancelled)
      log_warn("checkpoint of {}: {}", id, stored.error());
  });
}

void Partition::log_append_refused(Offset from, const Error& error) {
  producers_.undo(from, error.code);
  std::erase_if(unwritten_, [&](const Unwritten& waits) {
    if (waits.end <= from) return false;
    refuse(waits.waiter, error);
    return true;
  });
  if (follower_) {
    carry_out(follower_->step(AppendRefused{.generation = log_->generation(), .from = from}));
    ask_delay_ = kAfterRefusedAppend;
  }
  begin_next_role();
}

void Partition::log_failed(const Error& error) {
  if (ended_) return;
  // A disk that has failed is told of once, by its directory.
  log_at(log::is_disk_failure(error.code) ? LogLevel::debug : LogLevel::error,
         "replica {} failed and leads no more: {}", id_, error);
  end_by(error);
}

// Only a truncation can be overdue, and a leader never truncates.
void Partition::log_pins_overdue() {
  log_warn("{}: a truncation waits for records that are still being sent: those connections close",
           id_);
}

void Partition::close_inside(log::PartitionLog::Done done) {
  const bool failed = ended_;
  if (!failed) log_->flush();
  end_role({Errc::not_leader_or_follower, fmt::format("{} is being closed here", id_)});
  ended_ = true;
  // The checkpoint that is there says more of producers that are not known again yet.
  if (failed || log_->failed() || producers_unknown_) {
    log_->close(std::move(done));
    return;
  }
  store_checkpoint([this, done = std::move(done)](Result<void> stored) mutable {
    if (!stored) log_warn("checkpoint of {}: {}", id_, stored.error());
    log_->close(std::move(done));
  });
}

}  // namespace ropewalk::replication
