// Snapshots of a replica: takes its own, and fetches those that it is offered, chunk by chunk.
#include "tests/sim/quorum/replica.h"

namespace ropewalk::quorum::hostile {

void Replica::plan_snapshot() {
  later(1 + stage_.below(2 * stage_.traits.snapshot_every), &Replica::take_snapshot);
}

// Writing takes time: what is applied now is what it will hold, and by then the core may have gone
// on, or installed a newer one.
void Replica::take_snapshot() {
  plan_snapshot();
  if (to_install_ || installing_) return;  // The core is ahead of what is applied.
  if (applied_.index <= disk_.written().snapshot.end.index) return;
  const SnapshotInfo taken{applied_, core_->voters_at(applied_.index)};
  stage_.referee.takes(place_, taken);
  const Time writing = stage_.below(4 * kTick);
  stage_.timeline.after(writing, [this, life = life_, taken] {
    if (!alive() || life != life_) return;
    if (taken.end.index <= disk_.written().snapshot.end.index) return;
    stage_.seen.note(Seen::snapshots_taken);
    disk_.shorten(taken);
    core_->compact(taken.end.index);
    settle();
  });
}

void Replica::look_for_offer() {
  const auto& offer = core_->offered();
  if (fetching_) {
    const bool same =
        offer && offer->leader == fetching_->offer.leader && offer->end == fetching_->offer.end;
    if (same || stage_.traits.stubborn_fetches) return;
    give_up_fetch();
  }
  if (!offer) return;
  const int chunks = 1 + static_cast<int>(stage_.below(stage_.traits.chunks_max));
  fetching_ = Fetching{*offer, chunks, 3 * chunks};
  later(1, &Replica::fetch_chunk);
}

void Replica::give_up_fetch() {
  stage_.seen.note(Seen::snapshot_fetches_given_up);
  fetching_.reset();
}

void Replica::fetch_chunk() {
  if (!fetching_) return;
  if (fetching_->tries_left-- == 0) {
    give_up_fetch();
    return;
  }
  const int leader = fetching_->offer.leader.id.value() - 1;
  const auto there = stage_.network.passage(place_, leader);
  const auto back = stage_.network.passage(leader, place_);
  if (there && back)
    later(*there + *back + stage_.below(stage_.traits.chunk_max), &Replica::chunk_came);
  else
    later(3 * kTick, &Replica::fetch_chunk);
}

void Replica::chunk_came() {
  if (!fetching_) return;
  const RaftCore::Offer& offer = fetching_->offer;
  const Replica& source = stage_.at(offer.leader.id.value() - 1);
  const SnapshotInfo& held = source.disk().durable().snapshot;
  if (!source.alive() || source.key() != offer.leader || held.end != offer.end) {
    later(3 * kTick, &Replica::fetch_chunk);
    return;
  }
  if (--fetching_->chunks_left > 0) {
    fetch_chunk();
    return;
  }
  // Whoever checks it may be slow; the log goes on meanwhile.
  const bool late = !stage_.healed && stage_.random.chance(stage_.traits.late_restore);
  const Time checking = late ? stage_.below(4 * stage_.traits.election()) : 1;
  fetching_.reset();
  stage_.timeline.after(checking, [this, life = life_, snapshot = held] {
    if (alive() && life == life_) restore(snapshot);
  });
}

void Replica::restore(const SnapshotInfo& snapshot) {
  if (core_->restore(snapshot))
    to_install_ = snapshot;
  else
    stage_.seen.note(Seen::snapshots_of_no_use);
  settle();
}

}  // namespace ropewalk::quorum::hostile
