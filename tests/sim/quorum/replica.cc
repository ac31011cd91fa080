#include "tests/sim/quorum/replica.h"

#include <algorithm>
#include <utility>

#include "common/plant.h"

namespace ropewalk::quorum::hostile {

Replica::Replica(Stage& stage, int place, Image image)
    : stage_(stage), place_(place), disk_(std::move(image)) {}

void Replica::later(Time delay, void (Replica::*what)()) {
  stage_.timeline.after(delay, [this, life = life_, what] {
    if (alive() && life == life_) (this->*what)();
  });
}

void Replica::start() {
  if (alive()) return;
  life_++;
  const Image& image = disk_.durable();
  RaftConfig config = stage_.traits.raft;
  config.random = [this] { return stage_.random(); };
  config.wall_time = [this] { return stage_.timeline.now(); };
  core_.emplace(std::move(config), image.state, image.snapshot,
                std::vector<Entry>(image.entries.begin(), image.entries.end()));
  applied_ = image.snapshot.end;
  stage_.referee.started(place_, *core_);
  tick_length_ = kTick - 1 + stage_.below(3);  // No two clocks are alike.
  later(stage_.below(kTick), &Replica::tick);
  plan_snapshot();
}

void Replica::stop() {
  stage_.seen.note(Seen::crashes);
  if (saving_) stage_.seen.note(Seen::crashes_while_saving);
  core_.reset();
  life_++;
  saving_ = false;
  ready_ = {};
  to_install_.reset();
  installing_.reset();
  proposed_.clear();
  fetching_.reset();
  const Disk::Loss loss = disk_.crash(stage_.random);
  if (loss.lost > 0) stage_.seen.note(Seen::lost_writes);
  if (loss.lost > 0 && loss.lost < loss.outstanding) stage_.seen.note(Seen::kept_prefixes);
}

void Replica::crash(Time down_for) {
  if (!alive()) return;
  stop();
  stage_.timeline.after(down_for, [this, life = life_] {
    if (life == life_) start();
  });
}

void Replica::crash_for_good() {
  if (alive()) stop();
}

void Replica::lose_disk() {
  stop();
  HardState state = disk_.durable().state;
  state.directory = DirectoryId(stage_.random.uuid());
  state.term = Term(0);
  state.voted_for = kNoBroker;
  disk_ = Disk({.state = state, .snapshot = {}, .entries = {}});
  start();
}

void Replica::tick() {
  later(tick_length_, &Replica::tick);
  core_->tick();
  settle();
  look_for_offer();
  // A leader that hears nobody steps down within an election time-out (of its own clock).
  const auto since = stage_.network.unreachable_since(place_);
  const Time patience = static_cast<Time>(stage_.traits.raft.election_ticks + 2) * tick_length_;
  if (since && leads() && core_->voters().size() > 1 && stage_.timeline.now() - *since > patience)
    stage_.referee.fail(place_, "leads although it hears nobody");
}

void Replica::receive(Message message) {
  if (!alive()) return;
  const auto* request = std::get_if<VoteRequest>(&message.body);
  const bool must_not_matter = request && request->pre;
  const auto before = std::tuple(core_->term(), core_->role(), core_->leader());
  core_->step(std::move(message));
  if (must_not_matter && before != std::tuple(core_->term(), core_->role(), core_->leader()))
    stage_.referee.fail(place_, "is changed by a pre-vote");
  settle();
}

void Replica::call(const std::function<void(RaftCore&)>& what) {
  what(*core_);
  settle();
}

bool Replica::propose(std::uint64_t value) {
  const auto index = core_->propose(value_batch(value));
  if (index) {
    proposed_[*index] = {core_->term(), value};
    stage_.seen.note(Seen::proposals);
  }
  settle();
  return index.has_value();
}

void Replica::settle() {
  const Referee::News news = stage_.referee.watch(place_, *core_);
  if (news.leads) stage_.began_to_lead(*this);
  if (news.committed) stage_.first_commit(*this);
  if (saving_ || !core_->has_ready()) return;
  ready_ = core_->ready();
  saving_ = true;
  if (RW_PLANT(acknowledge_before_sync)) send_messages(ready_.messages.size());
  write_down();
  later(save_time(), &Replica::finish);
}

Time Replica::save_time() const {
  if (stage_.healed) return 1;
  if (slow_until_ > stage_.timeline.now()) return 1 + stage_.below(stage_.traits.slow_save_max);
  const bool nothing_to_save = !ready_.hard && !ready_.snapshot && ready_.entries.empty();
  return nothing_to_save ? 0 : stage_.below(stage_.traits.save_max);
}

void Replica::write_down() {
  if (ready_.hard) disk_.write(*ready_.hard);
  if (ready_.snapshot) {
    installing_ = std::exchange(to_install_, std::nullopt);
    if (installing_ && installing_->end == *ready_.snapshot)
      disk_.install(*installing_);
    else
      stage_.referee.fail(place_, "installs a snapshot that it has not been given");
  }
  stage_.referee.writes(place_, disk_.written(), ready_.entries);
  for (const Entry& entry : ready_.entries) disk_.write(entry);
  stage_.referee.has_written(place_, disk_.written(), ready_.entries);
}

bool Replica::dies_here() {
  if (stage_.healed || !stage_.random.chance(stage_.traits.crash_in_save)) return false;
  if (stage_.random.chance(0.5)) {  // Durable, but not everybody is told.
    stage_.seen.note(Seen::crashes_between_sync_and_send);
    disk_.sync();
    send_messages(stage_.random.below(ready_.messages.size() + 1));
  }
  crash(1 + stage_.below(2 * stage_.traits.election()));
  return true;
}

void Replica::finish() {
  if (dies_here()) return;
  disk_.sync();
  if (!RW_PLANT(acknowledge_before_sync)) send_messages(ready_.messages.size());
  apply_all();
  for (const ReadState& read : ready_.reads) stage_.referee.answers_read(place_, read);
  core_->advance();
  saving_ = false;
  settle();
}

void Replica::send_messages(std::size_t count) {
  for (std::size_t i = 0; i < count; i++) {
    Message& message = ready_.messages[i];
    stage_.referee.sends(place_, *core_, disk_.durable(), message);
    const BrokerId to = message.to.id;
    const std::optional<int> place =
        to == kNoBroker ? std::nullopt : std::optional<int>(to.value() - 1);
    stage_.network.send(place_, place, std::move(message));
  }
}

void Replica::apply_all() {
  if (installing_) {
    stage_.seen.note(Seen::snapshots_installed);
    stage_.referee.installs(place_, *installing_);
    applied_ = installing_->end;
    installing_.reset();
  }
  for (const Entry& entry : ready_.committed) {
    stage_.referee.applies(place_, entry);
    applied_ = {entry.index, entry.term};
  }
  while (!proposed_.empty() && proposed_.begin()->first <= applied_.index) {
    const auto [term, value] = proposed_.begin()->second;
    const Offset index = proposed_.begin()->first;
    proposed_.erase(proposed_.begin());
    const auto entry = std::ranges::find(ready_.committed, index, &Entry::index);
    if (entry == ready_.committed.end() || entry->term != term) continue;
    stage_.seen.note(Seen::acknowledged);
    if (!stage_.referee.has_committed(value))
      stage_.referee.fail(place_, fmt::format("acknowledges value {}, which is not there", value));
  }
}

}  // namespace ropewalk::quorum::hostile
