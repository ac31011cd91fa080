// Leads: sends entries and heartbeats, counts acknowledgements, commits.
#include <algorithm>
#include <functional>
#include <utility>

#include "broker/quorum/raft/raft_core.h"
#include "common/plant.h"

namespace ropewalk::quorum {

void RaftCore::become_leader() {
  become_follower(state_.term, self_);
  role_ = Role::leader;
  round_ = 0;
  heartbeat_elapsed_ = 0;
  lost_campaigns_ = 0;
  match_progress_to_voters();
  term_start_ = log_.end().index + 1;
  lead_entry(term_start_batch(self_.id, config_.wall_time()));
}

void RaftCore::lead_entry(SharedBytes batch) {
  uncommitted_bytes_ += batch.size();
  append({log_.end().index + 1, state_.term, std::move(batch)});
  send_to_all(false);
}

Result<Offset> RaftCore::propose(SharedBytes batch) {
  if (role_ != Role::leader || transfer_to_)
    return fail(Errc::not_controller, "broker {} does not lead the metadata log", self_.id);
  if (batch.size() > config_.entry_bytes_max)
    return fail(Errc::message_too_large, "a metadata entry of {} bytes: {} are allowed",
                batch.size(), config_.entry_bytes_max);
  if (uncommitted_bytes_ > 0 && uncommitted_bytes_ + batch.size() > config_.uncommitted_bytes_max)
    return fail(Errc::budget_exceeded, "{} bytes of metadata are not committed yet",
                uncommitted_bytes_);
  lead_entry(std::move(batch));
  return log_.end().index;
}

void RaftCore::tick_leader() {
  for (auto& [key, progress] : progress_) progress.tick();
  tick_observers();
  tick_transfer();
  if (!hears_a_majority()) {
    become_follower(state_.term, {});
    return;
  }
  if (++heartbeat_elapsed_ < config_.heartbeat_ticks) return;
  heartbeat_elapsed_ = 0;
  for (auto& [key, progress] : progress_) progress.may_probe_again();
  send_to_all(true);
}

bool RaftCore::hears_a_majority() const {
  return has_majority([this](const ReplicaKey& key) { return hears(key); });
}

void RaftCore::send_to_all(bool even_if_empty) {
  for (auto& [key, progress] : progress_) send_append(key, progress, even_if_empty);
  answer_observers(even_if_empty);
}

void RaftCore::send_append(const ReplicaKey& to, Progress& progress, bool even_if_empty) {
  const Offset prev = progress.next() - 1;
  const auto prev_term = log_.term_at(prev);
  if (!prev_term || progress.state() == Progress::State::snapshot) {
    const bool offered = progress.state() == Progress::State::snapshot;
    progress.snapshot_offered();
    if (!offered || even_if_empty) send(to, SnapshotOffer{snapshot_, round_});
    return;
  }
  AppendRequest request{.prev = {prev, *prev_term}, .commit = commit_, .round = round_};
  if (progress.open(config_.in_flight_max))
    request.entries = log_.slice(prev + 1, log_.end().index + 1, config_.message_entries_max,
                                 config_.message_bytes_max);
  if (request.entries.empty() && !even_if_empty) return;
  progress.sent(prev + static_cast<std::int64_t>(request.entries.size()), !request.entries.empty());
  send(to, std::move(request));
}

void RaftCore::handle(const Message& message, AppendReply& reply) {
  if (role_ != Role::leader) return;
  const auto found = progress_.find(message.from);
  if (found == progress_.end()) {
    // It does not know that it votes no more. What follows tells it.
    Fetch fetch{.end = reply.hint, .commit = commit_};
    if (!reply.rejected) fetch.end = {reply.index, log_.term_at(reply.index).value_or(Term(0))};
    handle(message, fetch);
    return;
  }
  Progress& progress = found->second;
  progress.heard(reply.round);
  if (reply.rejected) {
    const Offset agreement = log_.last_agreement(reply.hint).index;
    if (progress.rejected(reply.index, agreement)) send_append(message.from, progress, true);
  } else if (reply.index <= log_.end().index) {  // Nobody can have more than its leader.
    const bool news = progress.acknowledged(reply.index, log_.before().index + 1);
    if (news) maybe_commit();
    if (role_ != Role::leader) return;
    send_append(message.from, progress, false);
    hand_over_if_ready();
  }
  confirm_reads();
}

// Entries of earlier terms are committed by what follows them, never by being counted: a later
// leader may still replace them (Raft paper, figure 8).
void RaftCore::maybe_commit() {
  std::vector<Offset> durable;
  for (const Voter& voter : voters()) {
    const ReplicaKey key = key_of(voter);
    durable.push_back(key == self_ ? stable_ : progress_.at(key).match());
  }
  std::ranges::sort(durable, std::greater());
  const Offset index = durable[durable.size() / 2];
  if (index <= commit_) return;
  if (log_.term_at(index) != state_.term && !RW_PLANT(commit_of_older_term)) return;
  commit_to(index);
  start_early_reads();
  send_to_all(true);
  if (!is_voter() && voters_.last_change() <= commit_) resign();
}

}  // namespace ropewalk::quorum
