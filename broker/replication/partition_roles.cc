// Who leads, and what that means here.
#include <algorithm>
#include <utility>

#include "broker/log/disk_failure.h"
#include "broker/replication/partition.h"

namespace ropewalk::replication {
namespace {

// How often a follower that is not in sync says how far it is: the leader passes over what it is
// told before it knows of that life, or that this one has left the set.
constexpr env::Duration kTellAgainAfter = std::chrono::seconds(1);

// After a restart of all brokers, say.
constexpr env::Duration kOthersComeBackWithin = std::chrono::seconds(30);

}  // namespace

void Partition::lead(Leadership leadership, log::LogOptions options) {
  serial_.enter([this, leadership = std::move(leadership), options]() mutable {
    lead_inside(std::move(leadership), options);
  });
}

void Partition::stop_leading(LeaderEpoch epoch) {
  serial_.enter([this, epoch] {
    if (ended_ || epoch < epoch_) return;
    epoch_ = epoch;
    end_role({Errc::not_leader_or_follower,
              fmt::format("this broker does not lead {} in epoch {}", id_, epoch)});
    log_->bump_generation();
  });
}

void Partition::follow(FollowRole role) {
  serial_.enter([this, role = std::move(role)]() mutable { follow_inside(std::move(role)); });
}

void Partition::lead_inside(Leadership leadership, const log::LogOptions& options) {
  if (ended_ || leadership.leader_epoch < epoch_) return;
  log_->set_options(options);
  if (leader_ && leadership.leader_epoch == epoch_) {
    const std::size_t before = leader_->leadership().in_sync.size();
    const std::size_t after = leadership.in_sync.size();
    if (after < before) metrics_->shrinks.add(before - after);
    if (after > before) metrics_->expands.add(after - before);
    others_may_lead(leadership);
    carry_out(leader_->step(Changed{std::move(leadership)}, environment_.now()));
    return;
  }
  if (leadership.leader_epoch > epoch_) {
    epoch_ = leadership.leader_epoch;
    end_role({Errc::not_leader_or_follower, fmt::format("{}: epoch {} begins", id_, epoch_)});
    log_->bump_generation();
  }
  next_role_ = std::move(leadership);
  begin_next_role();
}

void Partition::follow_inside(FollowRole role) {
  const LeaderEpoch epoch = role.following.leader_epoch;
  if (ended_ || epoch < epoch_) return;
  log_->set_options(role.options);
  if (follower_ && epoch == epoch_) {  // The sets have changed: who was put out may want back in.
    tell_ = follower_->progress();
    if (!role.is_in_sync) tell_again_later();
    // A question that was put off until the budget allows it is put at once now.
    if (!std::exchange(role_.is_in_sync, role.is_in_sync) && role.is_in_sync &&
        catch_up_at_ > environment_.now())
      asked_ = {};
    return;
  }
  if (epoch > epoch_) {
    epoch_ = epoch;
    end_role({Errc::not_leader_or_follower,
              fmt::format("broker {} leads {} in epoch {}", role.following.leader, id_, epoch)});
    log_->bump_generation();
  }
  next_role_ = std::move(role);
  begin_next_role();
}

// When the log rests: where an epoch starts, and where two logs part, must not move meanwhile.
void Partition::begin_next_role() {
  if (std::holds_alternative<std::monostate>(next_role_) || ended_ || !is_quiet()) return;
  auto role = std::exchange(next_role_, std::monostate());
  if (const auto sane = check_epochs(); !sane) return log_failed(sane.error());
  if (auto* const leadership = std::get_if<Leadership>(&role))
    begin_leadership(std::move(*leadership));
  else
    begin_following(std::move(std::get<FollowRole>(role)));
}

Result<void> Partition::check_epochs() const {
  const auto last = log_->epochs().last();
  if (!last || *last <= epoch_) return {};
  return fail(Errc::corrupt,
              "the log of {} has batches of epoch {}, the metadata log only grants {}", id_, *last,
              epoch_);
}

// R10: syncs that were asked for before do not count here, so what is not durable is asked for
// anew.
void Partition::begin_leadership(Leadership leadership) {
  damage_found_at_.store(0, std::memory_order_relaxed);
  others_may_lead(leadership);
  leader_.emplace(std::move(leadership), log_->readable_end(), log_->durable_end(), high_watermark_,
                  environment_.now(), times_);
  standing_.store(Standing::leading, std::memory_order_relaxed);
  if (leader_->high_watermark() > high_watermark_) watermark_moved(leader_->high_watermark());
  if (log_->durable_end() < log_->readable_end()) log_->request_sync();
  carry_out(leader_->step(Tick{}, environment_.now()));
  wake_watchers(std::nullopt);
}

// R4: all who wait hear it. What they appended stays in the log, also what is not written yet.
void Partition::end_role(Error why) {
  why_not_ = std::move(why);
  if (leader_) {
    for (const WaiterId id : leader_->resign()) refuse(id, why_not_);
    leader_.reset();
    standing_.store(Standing::idle, std::memory_order_relaxed);
  }
  for (const Unwritten& waits : unwritten_) refuse(waits.waiter, why_not_);
  unwritten_.clear();
  end_following();
  next_role_ = std::monostate();
  wake_watchers(std::nullopt);
}

void Partition::carry_out(const LeaderEffects& effects) {
  if (effects.sync_all) log_->request_sync();
  if (effects.high_watermark) watermark_moved(*effects.high_watermark);
  for (const WaiterId id : effects.answer) answer(id);
  for (const WaiterId id : effects.too_few)
    refuse(id, {Errc::not_enough_replicas_after_append,
                fmt::format("{}: appended, but too few replicas are in sync to keep it", id_)});
  if (effects.all_synced && reports_)
    outbox_.add(*reports_core_,
                [sink = reports_, id = id_, epoch = epoch_] { sink->all_synced(id, epoch); });
  if (effects.propose && reports_)
    outbox_.add(*reports_core_, [self = shared_from_this(), sink = reports_,
                                 proposal = *effects.propose]() mutable {
      sink->proposed(std::static_pointer_cast<Partition>(std::move(self)), std::move(proposal));
    });
}

void Partition::watermark_moved(Offset to) {
  high_watermark_ = to;
  log_->set_high_watermark(to);
  wake_watchers(to);
}

void Partition::proposal_answered(LeaderEpoch epoch, ProposalAnswered answer) {
  serial_.enter([this, epoch, answer] {
    if (leader_ && epoch == epoch_) carry_out(leader_->step(answer, environment_.now()));
  });
}

void Partition::follower_progressed(Progressed progress) {
  serial_.enter([this, progress] {
    if (leader_) carry_out(leader_->step(progress, environment_.now()));
  });
}

void Partition::tell_again_later() { tick_at(environment_.now() + kTellAgainAfter); }

// One timer, for the earliest of the times; when it has come it is set for the next.
void Partition::tick_at(Time when) {
  if (when >= next_tick_) return;
  next_tick_ = when;
  environment_.current_core().call_at(when, [weak = weak_from_this(), when] {
    const auto self = std::static_pointer_cast<Partition>(weak.lock());
    if (!self) return;
    self->serial_.enter([self = self.get(), when] {
      if (self->next_tick_ == when) self->next_tick_ = env::kNever;
      if (self->leader_) self->carry_out(self->leader_->step(Tick{}, self->environment_.now()));
      if (self->follower_ && !self->role_.is_in_sync) {
        self->tell_ = self->follower_->progress();
        self->tell_again_later();
      }
    });
  });
}

void Partition::others_may_lead(const Leadership& leadership) {
  const bool others = std::ranges::any_of(leadership.in_sync, [&](BrokerId id) {
    const auto peer = leadership.replicas.find(id);
    return id != leadership.self && peer != leadership.replicas.end() && peer->second.may_join;
  });
  others_in_sync_.store(others, std::memory_order_relaxed);
  if (others) damage_found_at_.store(0, std::memory_order_relaxed);
}

Error Partition::found_damaged(std::uint64_t generation, Error damage) {
  metrics_->damage_found.add();
  if (!others_in_sync_.load(std::memory_order_relaxed)) {
    const auto now = environment_.now().time_since_epoch();
    damage_.warn(now, "{}: what is stored is damaged: {}; no other replica is in sync", id_,
                 damage.context);
    std::int64_t first = 0;
    damage_found_at_.compare_exchange_strong(first, now.count(), std::memory_order_relaxed);
    const bool may_others_come = first == 0 || now - env::Duration(first) < kOthersComeBackWithin;
    return {may_others_come ? Errc::kafka_storage_error : Errc::corrupt_message,
            std::move(damage.context)};
  }
  Error told{Errc::kafka_storage_error, damage.context};
  serial_.enter([this, generation, damage = std::move(damage)] {
    const bool is_still_so = leader_ && log_->generation() == generation &&
                             others_in_sync_.load(std::memory_order_relaxed);
    if (is_still_so) log_failed({Errc::corrupt, damage.context});
  });
  return told;
}

void Partition::end_by(const Error& error) {
  if (ended_) return;
  end_role(
      {Errc::kafka_storage_error, fmt::format("the replica of {} failed: {}", id_, error.context)});
  ended_ = true;
  standing_.store(Standing::failed, std::memory_order_relaxed);
  // Of a disk its directory tells, once for all.
  if (reports_ && !log::is_disk_failure(error.code))
    outbox_.add(*reports_core_, [sink = reports_, id = id_, error] { sink->failed(id, error); });
}

}  // namespace ropewalk::replication
