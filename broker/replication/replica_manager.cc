#include "broker/replication/replica_manager.h"

#include <algorithm>
#include <utility>

#include "broker/metadata/topic_settings.h"
#include "common/env/crossing.h"
#include "common/log.h"

namespace ropewalk::replication {
namespace {

StableBy stable_by(const metadata::Partition& state) {
  return state.durability == metadata::Durability::replicated ? StableBy::log_end
                                                              : StableBy::durable_end;
}

Leadership leadership_of(BrokerId self, const metadata::Image& image,
                         const metadata::TopicSettings& settings,
                         const metadata::Partition& state) {
  Leadership leadership;
  leadership.self = self;
  leadership.leader_epoch = state.leader_epoch;
  leadership.partition_epoch = state.partition_epoch;
  leadership.in_sync.insert(state.in_sync.begin(), state.in_sync.end());
  leadership.min_in_sync = metadata::effective_min_in_sync(settings, state);
  leadership.stable_by = stable_by(state);
  leadership.becomes_synced = state.durability == metadata::Durability::syncing;
  for (const BrokerId id : state.replicas)
    if (const auto* broker = image.broker(id))
      leadership.replicas[id] = {.incarnation = broker->incarnation,
                                 .may_join = !broker->fenced && !broker->in_controlled_shutdown};
  return leadership;
}

env::Duration age_of(std::int64_t milliseconds) {
  constexpr auto kLongest =
      std::chrono::duration_cast<std::chrono::milliseconds>(env::Duration::max());
  return milliseconds < kLongest.count() ? std::chrono::milliseconds(milliseconds)
                                         : env::Duration::max();
}

log::LogOptions log_options_of(log::LogOptions options, const metadata::TopicSettings& settings,
                               const metadata::Partition& state) {
  if (settings.segment_bytes)
    options.segment_bytes = static_cast<std::uint64_t>(*settings.segment_bytes);
  options.segment_age = age_of(settings.segment_ms);
  options.retention = {settings.retention_ms, settings.retention_bytes};
  options.sync_appends = state.durability != metadata::Durability::replicated;
  return options;
}

bool holds(const std::vector<BrokerId>& list, BrokerId id) {
  return std::ranges::find(list, id) != list.end();
}

bool is_damage(Errc code) { return code == Errc::corrupt || code == Errc::damaged_replica; }

}  // namespace

ReplicaManager::ReplicaManager(env::Environment& environment,
                               std::vector<log::LogDirectory*> directories,
                               ReplicaManagerOptions options)
    : environment_(environment),
      home_(environment.current_core()),
      directories_(std::move(directories)),
      options_(std::move(options)),
      metrics_(std::make_shared<ReplicationMetrics>(environment)),
      catch_up_(options_.catch_up_rate_max),
      table_(environment),
      asker_(std::make_shared<ControllerAsker>(
          environment,
          [this](const TopicPartition& id, const Error& why) { replica_failed(id, why); })),
      tasks_(home_) {
  ENSURE(!directories_.empty() && options_.parallel > 0, "a broker without a data directory");
  for (log::LogDirectory* const directory : directories_)
    directory->on_failure(
        [this, directory](const Error& error) { directory_failed(*directory, error); });
}

ReplicaManager::~ReplicaManager() {
  for (log::LogDirectory* const directory : directories_) directory->on_failure({});
}

void ReplicaManager::joined(metadata::ControllerPort& controller, BrokerEpoch epoch,
                            ReplicaFetchers* fetchers) {
  fetchers_ = fetchers;
  asker_->begin(controller, options_.self, epoch);
}

Task<OpenedReplicas> ReplicaManager::open_all() {
  auto waiting = std::make_shared<std::deque<TopicPartition>>();
  for (log::LogDirectory* const directory : directories_) {
    for (const auto& [id, mark] : directory->replicas()) {
      replicas_[id].directory = directory;
      replicas_[id].busy = true;
      waiting->push_back(id);
    }
  }
  auto running = std::make_shared<std::size_t>(std::min(options_.parallel, waiting->size()));
  auto done = std::make_shared<env::Event>(home_);
  if (*running == 0) done->set();
  for (std::size_t n = *running; n > 0; n--)
    tasks_.spawn("open replicas", open_workers(waiting, running, done));
  const auto waited = co_await done->wait();
  if (!waited) log_warn("opening replicas: {}", waited.error());
  opened_.count = replicas_.size();
  tasks_.spawn("retention", retain_now_and_then());
  co_return opened_;
}

Task<void> ReplicaManager::retain_now_and_then() {
  for (;;) {
    const bool slept = co_await home_.sleep_until(environment_.now() + options_.retention_every);
    if (!slept) co_return;
    for (auto& [id, replica] : replicas_) {
      if (replica.partition) replica.partition->retain();
      if (replica.removal.is_due()) wish(id, Remove{});
    }
  }
}

Task<void> ReplicaManager::open_workers(std::shared_ptr<std::deque<TopicPartition>> waiting,
                                        std::shared_ptr<std::size_t> running,
                                        std::shared_ptr<env::Event> done) {
  while (!waiting->empty() && !stopping_) {
    const TopicPartition id = waiting->front();
    waiting->pop_front();
    const auto opened = co_await open(id, *replicas_[id].directory, options_.log);
    if (!opened && opened.error().code != Errc::cancelled)
      log_error("replica {}: {}", id, opened.error());
    Replica& replica = replicas_[id];
    replica.busy = false;
    if (replica.wish) {
      replica.busy = true;
      waiting_.push_back(id);
      start_workers();
    }
  }
  if (--*running == 0) done->set();
}

Task<bool> ReplicaManager::stop() {
  stopping_ = true;
  co_await tasks_.stop();
  co_await asker_->stop();
  // The checkpoints to come may need the reserve.
  for (log::LogDirectory* const directory : directories_) co_await directory->space().make_room();
  env::TaskGroup closing(home_);
  auto waiting = std::make_shared<std::deque<TopicPartition>>();
  for (const auto& [id, replica] : replicas_) {
    if (replica.partition) waiting->push_back(id);
  }
  auto running = std::make_shared<std::size_t>(std::min(options_.parallel, waiting->size()));
  auto done = std::make_shared<env::Event>(home_);
  if (*running == 0) done->set();
  for (std::size_t n = *running; n > 0; n--)
    closing.spawn("close replicas", close_workers(waiting, running, done));
  const auto waited = co_await done->wait();
  co_await closing.stop();
  co_return waited&& closed_in_order_;
}

Task<void> ReplicaManager::close_workers(std::shared_ptr<std::deque<TopicPartition>> waiting,
                                         std::shared_ptr<std::size_t> running,
                                         std::shared_ptr<env::Event> done) {
  while (!waiting->empty()) {
    const TopicPartition id = waiting->front();
    waiting->pop_front();
    const auto partition = std::exchange(replicas_[id].partition, nullptr);
    table_.erase(id);
    const bool had_failed = partition->standing() == Partition::Standing::failed;
    const auto closed = co_await partition->close();
    if (!closed) {
      closed_in_order_ = false;
      log_at(had_failed ? LogLevel::debug : LogLevel::warn, "closing {}: {}", id, closed.error());
    }
  }
  if (--*running == 0) done->set();
}

void ReplicaManager::directory_failed(const log::LogDirectory& directory, const Error& error) {
  std::vector<TopicPartition> lost;
  for (auto& [id, replica] : replicas_) {
    if (replica.directory != &directory) continue;
    lost.push_back(id);
    replica.failure = error.code;
    if (replica.partition) replica.partition->disk_failed(error);
  }
  table_.set_failure(lost, std::make_shared<const Error>(Errc::kafka_storage_error, error.context));
  if (options_.on_directory_failed) options_.on_directory_failed(directory, error);
}

void ReplicaManager::become_leader(const metadata::ImagePtr& image, const metadata::TopicPtr& topic,
                                   const metadata::PartitionPtr& state,
                                   const DirectoryId& directory) {
  const metadata::TopicSettings settings = metadata::effective_settings(*image, *topic);
  Lead lead{.leadership = leadership_of(options_.self, *image, settings, *state),
            .options = log_options_of(options_.log, settings, *state),
            .directory = directory};
  wish({topic->id, state->index.value()}, std::move(lead));
}

void ReplicaManager::become_follower(const metadata::ImagePtr& image,
                                     const metadata::TopicPtr& topic,
                                     const metadata::PartitionPtr& state,
                                     const DirectoryId& directory) {
  const metadata::TopicSettings settings = metadata::effective_settings(*image, *topic);
  Follow follow{.following = {.self = options_.self,
                              .incarnation = options_.incarnation,
                              .leader = state->leader,
                              .leader_epoch = state->leader_epoch,
                              .last_unclean_epoch = state->last_unclean_epoch,
                              .stable_by = stable_by(*state)},
                .leader_address = {},
                .options = log_options_of(options_.log, settings, *state),
                .directory = directory,
                .may_begin_anew =
                    !holds(state->in_sync, options_.self) && !holds(state->eligible, options_.self),
                .is_in_sync = holds(state->in_sync, options_.self)};
  if (const auto* leader = image->broker(state->leader))
    if (const auto* listens = metadata::find_listener(*leader, "broker"))
      follow.leader_address = {listens->host, listens->port};
  wish({topic->id, state->index.value()}, std::move(follow));
}

void ReplicaManager::remove(const TopicPartition& partition) { wish(partition, Remove{}); }

void ReplicaManager::limit_catch_up(std::optional<std::int64_t> bytes_per_second) {
  home_.post([this, alive = std::weak_ptr<bool>(alive_), bytes_per_second] {
    if (alive.expired() || stopping_) return;
    catch_up_.limit(bytes_per_second.value_or(options_.catch_up_rate_max));
    for (const auto& [id, replica] : replicas_)
      if (replica.partition) replica.partition->catch_up_limited();
  });
}

void ReplicaManager::wish(TopicPartition id, Wish wish) {
  home_.post([this, alive = std::weak_ptr<bool>(alive_), id, wish = std::move(wish)]() mutable {
    if (alive.expired() || stopping_) return;
    Replica& replica = replicas_[id];
    replica.wish = std::move(wish);
    if (!std::holds_alternative<Remove>(*replica.wish)) replica.removal.reset();
    if (replica.busy) return;
    replica.busy = true;
    waiting_.push_back(id);
    start_workers();
  });
}

void ReplicaManager::start_workers() {
  while (workers_ < std::min(options_.parallel, waiting_.size())) {
    if (!tasks_.spawn("replicas", work())) return;
    workers_++;
  }
}

Task<void> ReplicaManager::work() {
  while (!waiting_.empty() && !stopping_) {
    const TopicPartition id = waiting_.front();
    waiting_.pop_front();
    while (!stopping_ && replicas_.contains(id) && replicas_[id].wish) co_await carry_out(id);
    if (const auto at = replicas_.find(id); at != replicas_.end()) at->second.busy = false;
  }
  workers_--;
}

Task<void> ReplicaManager::carry_out(TopicPartition id) {
  Wish wish = std::move(*replicas_[id].wish);
  replicas_[id].wish.reset();
  if (auto* const to = std::get_if<Lead>(&wish)) {
    co_await lead(id, std::move(*to));
  } else if (auto* const to_follow = std::get_if<Follow>(&wish)) {
    co_await follow(id, std::move(*to_follow));
  } else {
    co_await remove_files(id);
  }
}

Task<void> ReplicaManager::lead(TopicPartition id, Lead to) {
  const auto partition = co_await opened(id, to.directory, to.options);
  if (partition) partition->lead(std::move(to.leadership), to.options);
}

Task<void> ReplicaManager::follow(TopicPartition id, Follow to) {
  if (fetchers_ == nullptr || to.leader_address.host.empty()) {
    if (const auto partition = replicas_[id].partition)
      partition->stop_leading(to.following.leader_epoch);
    co_return;
  }
  const auto failure = replicas_[id].failure;
  if (failure && is_damage(*failure) && to.may_begin_anew) {
    const auto begun = co_await begin_anew(id);
    if (!begun) log_error("setting the damaged replica of {} aside: {}", id, begun.error());
    if (!begun) co_return;
  }
  const auto partition = co_await opened(id, to.directory, to.options);
  if (!partition) co_return;
  if (to.is_in_sync && replicas_[id].has_aside) co_await discard_aside(id);
  Feed feed = fetchers_->feed_of(to.following.leader, to.leader_address);
  partition->follow({.following = to.following,
                     .options = to.options,
                     .feed = std::move(feed.sink),
                     .feed_core = feed.core,
                     .is_in_sync = to.is_in_sync});
}

// R12: the metadata log shows this replica out of both sets and another one leading, so that
// nothing of it is needed any more.
Task<Result<void>> ReplicaManager::begin_anew(TopicPartition id) {
  if (const auto partition = std::exchange(replicas_[id].partition, nullptr)) {
    table_.erase(id);
    const auto closed = co_await partition->close();
    if (!closed) log_debug("closing the damaged {}: {}", id, closed.error());
  }
  log::LogDirectory* const directory = replicas_[id].directory;
  if (directory == nullptr) co_return fail(Errc::log_dir_not_found, "its directory is not here");
  CO_TRY_VOID(co_await directory->set_aside(id));
  log_warn("the damaged replica of {} is set aside; its leader is asked for all of it", id);
  replicas_[id].failure.reset();
  replicas_[id].has_aside = true;
  co_return Result<void>();
}

Task<void> ReplicaManager::discard_aside(TopicPartition id) {
  replicas_[id].has_aside = false;
  const auto discarded = co_await replicas_[id].directory->discard_aside(id);
  if (!discarded) log_warn("removing what was damaged of {}: {}", id, discarded.error());
}

void ReplicaManager::replica_failed(const TopicPartition& id, const Error& why) {
  const auto at = replicas_.find(id);
  if (at != replicas_.end()) at->second.failure = why.code;
}

Task<std::shared_ptr<Partition>> ReplicaManager::opened(TopicPartition id, DirectoryId belongs_to,
                                                        log::LogOptions options) {
  if (const auto partition = replicas_[id].partition) co_return partition;
  // Its files are what they were when it was opened, and that has been said.
  if (const auto failure = replicas_[id].failure; failure && is_damage(*failure)) co_return nullptr;
  log::LogDirectory* directory = replicas_[id].directory;
  if (directory == nullptr) directory = directory_of(belongs_to);
  if (directory == nullptr) {
    Error error{Errc::log_dir_not_found,
                fmt::format("{} belongs to directory {}, which is not here", id, belongs_to)};
    replicas_[id].failure = error.code;
    log_error("{}", error);
    table_.set(id,
               {.partition = nullptr, .failure = std::make_shared<const Error>(std::move(error))});
    co_return nullptr;
  }
  const auto opened = co_await open(id, *directory, options);
  if (!opened && opened.error().code != Errc::cancelled)
    log_error("replica {}: {}", id, opened.error());
  co_return opened ? replicas_[id].partition : nullptr;
}

Task<void> ReplicaManager::remove_files(TopicPartition id) {
  const auto partition = std::exchange(replicas_[id].partition, nullptr);
  log::LogDirectory* const directory = replicas_[id].directory;
  table_.erase(id);
  if (partition) {
    const auto closed = co_await partition->close();
    if (!closed) log_warn("closing {}, which is to be removed: {}", id, closed.error());
  }
  if (directory != nullptr) {
    const auto removed = co_await directory->remove_partition(id);
    if (!removed) {
      log_error("removing {}: {}", id, removed.error());
      if (!directory->failure()) replicas_[id].removal.failed();
      co_return;
    }
  }
  if (!replicas_[id].wish) replicas_.erase(id);
}

// Recovery runs as a task here; the batches that it reads rebuild the producers.
Task<Result<void>> ReplicaManager::open(TopicPartition id, log::LogDirectory& directory,
                                        log::LogOptions options) {
  replicas_[id].directory = &directory;
  auto producers = std::make_shared<ProducerState>(options_.producers_max);
  auto checkpoint_problem = std::make_shared<std::optional<Error>>();
  log::RecoveryOptions recovery;
  recovery.log = options;
  recovery.on_checkpoint = [producers, checkpoint_problem](const log::Checkpoint& checkpoint) {
    if (checkpoint.producer_state.empty()) return;
    if (auto decoded = producers->decode(checkpoint.producer_state); !decoded)
      *checkpoint_problem = decoded.error();
  };
  recovery.on_batch = [producers](const BatchHeader& header, ByteSpan) {
    producers->record(header);
    producers->keep(header.next_offset());
  };
  auto report = co_await directory.open_partition(id, std::move(recovery));
  std::optional<Error> failure;
  if (!report)
    failure = report.error();
  else if (directory.failure())  // Meanwhile.
    failure = *directory.failure();
  else if (*checkpoint_problem)
    failure = std::move(**checkpoint_problem);
  replicas_[id].failure = failure ? std::optional(failure->code) : std::nullopt;
  if (failure) {
    if (is_damage(failure->code)) opened_.damaged.push_back(id);
    Error told{Errc::kafka_storage_error, fmt::format("the replica of {}: {}", id, *failure)};
    table_.set(id, {.partition = nullptr, .failure = std::make_shared<const Error>(told)});
    co_return std::unexpected(std::move(*failure));
  }
  opened_.bytes_scanned += report->bytes_scanned;
  if (report->cut_tail) opened_.cut.push_back(id);
  opened_.ends.push_back({.partition = id,
                          .last_epoch = report->log.epochs.last().value_or(kNoLeaderEpoch),
                          .log_end = report->log.log_end});
  if (!report->notes.empty()) log_info("replica {}: {}", id, report->notes);

  auto place = [&directory, id](std::function<void(env::Job)> enter) {
    return directory.place_of(id, std::move(enter));
  };
  Partition::Options with{.environment = environment_,
                          .id = id,
                          .log = options,
                          .recovered = std::move(report->log),
                          .producers = std::move(*producers),
                          .space = directory.space(),
                          .times = options_.times,
                          .reports = asker_,
                          .reports_core = &home_,
                          .metrics = metrics_,
                          .catch_up = catch_up_,
                          .place = std::move(place)};
  auto partition = Partition::open(std::move(with));
  replicas_[id].partition = partition;
  table_.set(id, {.partition = std::move(partition), .failure = nullptr});
  co_return Result<void>{};
}

log::LogDirectory* ReplicaManager::directory_of(const DirectoryId& id) const {
  for (log::LogDirectory* const directory : directories_) {
    if (directory->meta().directory == id) return directory;
  }
  return nullptr;
}

}  // namespace ropewalk::replication
