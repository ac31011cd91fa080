#include "tests/sim/quorum/clients.h"

#include <algorithm>
#include <utility>

namespace ropewalk::quorum::hostile {

Voter voter_of(const ReplicaKey& key) {
  return {key.id, key.directory, {.host = fmt::format("r{}", key.id), .port = 9093}};
}

void Clients::begin() {
  use();
  administrate();
}

Replica* Clients::anyone_who_leads() {
  const auto first = static_cast<int>(stage_.below(stage_.size()));
  for (int i = 0; i < stage_.size(); i++) {
    Replica& replica = stage_.at((first + i) % stage_.size());
    if (replica.leads()) return &replica;
  }
  return nullptr;
}

void Clients::use() {
  if (stopped_) return;
  stage_.timeline.after(1 + stage_.below(2 * stage_.traits.propose_every), [this] { use(); });
  Replica* leader = anyone_who_leads();
  if (leader == nullptr) return;
  if (stage_.random.chance(0.7)) propose(*leader);
  if (stage_.random.chance(0.3)) read(*leader);
  if (stage_.random.chance(0.005)) transfer(*leader);
}

void Clients::administrate() {
  if (stopped_) return;
  // To replace a voter takes two changes, which are not put off.
  const Time pause = lost_ ? stage_.traits.election() : stage_.traits.change_every;
  stage_.timeline.after(1 + stage_.below(2 * pause), [this] { administrate(); });
  if (Replica* leader = anyone_who_leads()) change_voters(*leader);
}

std::optional<std::uint64_t> Clients::propose(Replica& replica) {
  const std::uint64_t value = next_value_++;
  return replica.propose(value) ? std::optional(value) : std::nullopt;
}

void Clients::read(Replica& replica) {
  if (!replica.leads()) return;
  const std::uint64_t context = stage_.referee.asks_read();
  replica.call([context](RaftCore& core) { core.read_index(context); });
}

void Clients::transfer(Replica& replica) {
  const Voters& voters = replica.core().voters();
  const Voter& target = voters[stage_.random.below(voters.size())];
  replica.call([&](RaftCore& core) {
    if (!core.transfer(target.id)) return;
    transfer_to_ = target.id;
    stage_.seen.note(Seen::transfers);
  });
}

void Clients::began_to_lead(const Replica& replica) {
  if (transfer_to_ == replica.key().id) stage_.seen.note(Seen::transfers_done);
  transfer_to_.reset();
}

void Clients::replace(const ReplicaKey& lost, int place) { lost_ = Lost{lost, place}; }

void Clients::note_replaced() {
  if (!lost_ || !has_voter(stage_.referee.committed_voters(), stage_.at(lost_->place).key()))
    return;
  stage_.seen.note(Seen::lost_voters_back);
  lost_.reset();
}

void Clients::change_voters(Replica& replica) {
  note_replaced();
  auto voters = wanted(replica.core());
  if (!voters) return;
  replica.call([&](RaftCore& core) {
    if (!core.change_voters(*std::move(voters))) stage_.seen.note(Seen::changes_of_voters_refused);
  });
}

std::optional<Voters> Clients::wanted(const RaftCore& core) {
  if (lost_) return with_lost_replaced(core);
  const bool few = core.voters().size() < static_cast<std::size_t>(stage_.traits.voters);
  return stage_.random.chance(few ? 0.8 : 0.3) ? with_one_more(core) : with_one_less(core);
}

std::optional<Voters> Clients::with_lost_replaced(const RaftCore& core) {
  Voters voters = core.voters();
  const auto gone =
      std::erase_if(voters, [&](const Voter& voter) { return key_of(voter) == lost_->key; });
  if (gone == 0) voters.push_back(voter_of(stage_.at(lost_->place).key()));
  return voters;
}

std::optional<Voters> Clients::with_one_more(const RaftCore& core) {
  const auto observers = core.observers();
  if (observers.empty()) return std::nullopt;
  Voters voters = core.voters();
  voters.push_back(voter_of(observers[stage_.random.below(observers.size())]));
  return voters;
}

std::optional<Voters> Clients::with_one_less(const RaftCore& core) {
  Voters voters = core.voters();
  if (voters.size() <= stage_.traits.least_voters) return std::nullopt;
  voters.erase(voters.begin() + stage_.below(static_cast<Time>(voters.size())));
  return voters;
}

}  // namespace ropewalk::quorum::hostile
