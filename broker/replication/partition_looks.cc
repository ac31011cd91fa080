// What readers see of a partition, and how they hear that there is more.
#include <utility>

#include "broker/replication/partition.h"
#include "common/plant.h"

namespace ropewalk::replication {

void Partition::look(std::shared_ptr<FetchSink> sink, Look look) {
  env::Core& core = environment_.current_core();
  serial_.enter([this, &core, sink = std::move(sink), look] { look_inside(core, sink, look); });
}

void Partition::unwatch(std::shared_ptr<FetchSink> sink, std::uint32_t index) {
  serial_.enter([this, sink = std::move(sink), index] {
    std::erase_if(watchers_, [&](const Watcher& watcher) {
      return watcher.index == index && watcher.sink.lock() == sink;
    });
    std::erase_if(replica_watchers_, [&](const ReplicaWatcher& watcher) {
      return watcher.index == index && watcher.sink.lock() == sink;
    });
  });
}

void Partition::look_as_replica(std::shared_ptr<FetchSink> sink, ReplicaLook look,
                                std::optional<Progressed> progress) {
  env::Core& core = environment_.current_core();
  serial_.enter([this, &core, sink = std::move(sink), look, progress] {
    if (progress && leader_) carry_out(leader_->step(*progress, environment_.now()));
    look_inside(core, sink, look);
  });
}

void Partition::look_inside(env::Core& core, const std::shared_ptr<FetchSink>& sink,
                            const Look& look) {
  Looked found = found_by(look);
  const Offset from = look.from.value_or(high_watermark_);
  const bool stands = found.error.code == Errc::none && !found.diverging;
  if (stands && look.watch && (from >= high_watermark_ || look.watch_anyway))
    watchers_.push_back({.at = high_watermark_, .core = &core, .sink = sink, .index = look.index});
  outbox_.add(core, sink, look.index, std::move(found));
}

void Partition::look_inside(env::Core& core, const std::shared_ptr<FetchSink>& sink,
                            const ReplicaLook& look) {
  std::erase_if(replica_watchers_, [&](const ReplicaWatcher& watcher) {
    return watcher.index == look.index && watcher.sink.lock() == sink;
  });
  Looked found = found_by(look);
  const bool nothing =
      found.error.code == Errc::none && !found.view && !found.epoch_end && !found.diverging;
  if (nothing)
    replica_watchers_.push_back({.at = log_->readable_end(),
                                 .high_watermark = high_watermark_,
                                 .core = &core,
                                 .sink = sink,
                                 .index = look.index});
  outbox_.add(core, sink, look.index, std::move(found));
}

Looked Partition::found_by(const ReplicaLook& look) const {
  Looked found;
  found.leader_epoch = epoch_;
  found.log_start = log_->log_start();
  if (auto ours = check_role(look.leader_epoch); !ours) {
    found.error = std::move(ours).error();
    return found;
  }
  found.high_watermark = high_watermark_;
  found.log_end = log_->readable_end();
  if (const auto* const end = std::get_if<AskEpochEnd>(&look.request)) {
    found.epoch_end = end_of(end->epoch, epochs());
    return found;
  }
  const auto& fetch = std::get<FetchFrom>(look.request);
  if (fetch.last_epoch != kNoLeaderEpoch && !RW_PLANT(no_epoch_check_on_fetch))
    found.diverging = divergence(fetch.last_epoch, fetch.from, epochs());
  if (!found.diverging && fetch.from < found.log_end) found.view = log_->view();
  return found;
}

Looked Partition::found_by(const Look& look) const {
  Looked found;
  found.leader_epoch = epoch_;
  found.log_start = log_->log_start();
  if (auto ours = check_role(look.expected_epoch); !ours) {
    found.error = std::move(ours).error();
    return found;
  }
  found.high_watermark = high_watermark_;
  found.watermark_is_behind = !leader_->knows_what_is_committed();
  if (look.end_of) found.epoch_end = end_of(*look.end_of, epochs());
  if (auto there = check_place(look, found); !there) found.error = std::move(there).error();
  if (found.error.code != Errc::none || found.diverging) return found;
  if (look.whole_view || (look.from && *look.from < high_watermark_)) found.view = log_->view();
  return found;
}

// Whether the log goes on where the reader stands; one that parted from it is no error.
Result<void> Partition::check_place(const Look& look, Looked& found) const {
  if (!look.from) return {};
  const Offset from = *look.from;
  const Offset start = log_->log_start();
  const Offset end = log_->readable_end();
  if (look.last_epoch && from >= start) {
    // As Kafka says it. A reader that knows of the newer epoch from the metadata says so, and was
    // told to wait; to this one nobody can say where its log has parted from ours.
    if (*look.last_epoch > epoch_)
      return fail(Errc::offset_out_of_range,
                  "{}: records were read under epoch {}, which is not known here, this is {}", id_,
                  *look.last_epoch, epoch_);
    found.diverging = divergence(*look.last_epoch, from, epochs());
    if (found.diverging) return {};
  }
  if (from >= start && from <= end) return {};
  return fail(Errc::offset_out_of_range, "{}: offset {} is outside of {} to {}", id_, from, start,
              end);
}

// Followers: the log goes on.
void Partition::wake_replicas() {
  const Offset end = log_->readable_end();
  std::erase_if(replica_watchers_, [&](ReplicaWatcher& watcher) {
    if (watcher.at >= end) return false;
    if (auto sink = watcher.sink.lock())
      outbox_.add_moved(*watcher.core, std::move(sink), watcher.index);
    return true;
  });
}

// All of them when there is no high watermark: the role has changed, or where the log begins.
void Partition::wake_watchers(std::optional<Offset> high_watermark) {
  std::erase_if(replica_watchers_, [&](ReplicaWatcher& watcher) {
    auto sink = watcher.sink.lock();
    if (!sink) return true;
    if (!high_watermark)
      outbox_.add_moved(*watcher.core, std::move(sink), watcher.index);
    else if (!std::exchange(watcher.told_watermark, true))
      outbox_.add_watermark_moved(*watcher.core, std::move(sink), watcher.index);
    return !high_watermark;
  });
  std::erase_if(watchers_, [&](Watcher& watcher) {
    if (high_watermark && watcher.at >= *high_watermark) return false;
    if (auto sink = watcher.sink.lock())
      outbox_.add_moved(*watcher.core, std::move(sink), watcher.index);
    return true;
  });
}

}  // namespace ropewalk::replication
