#include "broker/quorum/raft/raft_core.h"

#include <algorithm>
#include <utility>

#include "common/plant.h"
#include "common/records/batch_header.h"

namespace ropewalk::quorum {
namespace {

// A list of voters, if that is what the entry is. Pre: the batch has been checked.
std::optional<Voters> voters_of(const Entry& entry) {
  const auto header = BatchHeader::parse(entry.batch.span());
  ENSURE(header, "entry {}: {}", entry.index, header.error());
  if (!header->is_control()) return std::nullopt;
  auto voters = voters_in(entry.batch.span());
  ENSURE(voters, "entry {}: {}", entry.index, voters.error());
  return *std::move(voters);
}

}  // namespace

RaftCore::RaftCore(RaftConfig config, HardState state, SnapshotInfo snapshot,
                   std::vector<Entry> log)
    : config_(std::move(config)),
      state_(state),
      self_{state.node, state.directory},
      log_(snapshot.end, {}),
      voters_(snapshot.end.index, std::move(snapshot.voters)),
      snapshot_(snapshot.end),
      commit_(snapshot.end.index),
      stable_(snapshot.end.index),
      applied_(snapshot.end.index),
      unsaved_from_(snapshot.end.index + 1) {
  for (Entry& entry : log) append(std::move(entry));
  ENSURE(log_.end().term <= state_.term, "the log has term {}, the state {}", log_.end().term,
         state_.term);
  stable_ = log_.end().index;
  unsaved_from_ = stable_ + 1;
  // A leader that lives is heard at the second heartbeat; who is alone waits for nobody.
  const std::uint32_t least = 2 * config_.heartbeat_ticks;
  const auto chance = config_.random() % (config_.election_ticks - least + 1);
  const bool alone = voters().size() == 1 && is_voter();
  timeout_ticks_ = alone ? 1 : least + static_cast<std::uint32_t>(chance);
}

void RaftCore::tick() {
  if (role_ == Role::leader)
    tick_leader();
  else
    tick_follower();
}

void RaftCore::step(Message message) {
  if (message.to != self_ && message.to.id != kNoBroker) return;  // To a disk that is gone.
  if (message.term > state_.term && !take_later_term(message)) return;
  if (message.term < state_.term && !answer_earlier_term(message)) return;
  std::visit([&](auto& body) { handle(message, body); }, message.body);
}

// Returns whether the message is to be handled.
bool RaftCore::take_later_term(const Message& message) {
  if (const auto* request = std::get_if<VoteRequest>(&message.body)) {
    // Who was removed, or hears nobody, must not disturb those who follow a leader.
    const bool undisturbed = !request->transfer && hears_a_leader();
    if (undisturbed && !request->pre) return false;
    if (request->pre && !RW_PLANT(pre_vote_changes_state)) return true;
  }
  const auto* reply = std::get_if<VoteReply>(&message.body);
  if (reply && reply->pre && reply->granted) return true;  // Names the term that it would be.
  become_follower(message.term, {});
  return true;
}

// The sender always gets an answer with the real term, so that it cannot hang behind.
bool RaftCore::answer_earlier_term(const Message& message) {
  if (const auto* request = std::get_if<VoteRequest>(&message.body)) {
    send(message.from, VoteReply{.pre = request->pre, .granted = false});
    return false;
  }
  if (const auto* reply = std::get_if<VoteReply>(&message.body)) return reply->pre;
  if (std::holds_alternative<Fetch>(message.body)) return true;
  const bool of_leader = std::holds_alternative<AppendRequest>(message.body) ||
                         std::holds_alternative<SnapshotOffer>(message.body);
  if (of_leader) send(message.from, AppendReply{.rejected = true});
  return false;
}

void RaftCore::become_follower(Term term, const ReplicaKey& leader) {
  if (term > state_.term) {
    state_.term = term;
    state_.voted_for = kNoBroker;
    hard_changed_ = true;
  }
  role_ = Role::follower;
  leader_ = leader;
  votes_.clear();
  progress_.clear();
  observers_.clear();
  reads_.clear();
  early_reads_.clear();
  uncommitted_bytes_ = 0;
  transfer_to_.reset();
  offered_.reset();
  reset_election_timer();
}

void RaftCore::reset_election_timer() {
  elapsed_ticks_ = 0;
  timeout_ticks_ = config_.election_ticks +
                   static_cast<std::uint32_t>(config_.random() % config_.election_ticks);
}

void RaftCore::send(const ReplicaKey& to, Body body) {
  put({self_, to, state_.term, std::move(body)});
}

// All of it may be lost, and comes again: a disk that hangs costs no memory by it.
void RaftCore::put(Message message) {
  if (messages_.size() < config_.messages_max) messages_.push_back(std::move(message));
}

void RaftCore::append(Entry entry) {
  auto voters = voters_of(entry);
  const Offset index = entry.index;
  log_.append(std::move(entry));
  if (voters) voters_.add(index, *std::move(voters));
}

void RaftCore::truncate_from(Offset first) {
  log_.truncate_from(first);
  voters_.truncate_from(first);
  stable_ = std::min(stable_, first - 1);
  unsaved_from_ = std::min(unsaved_from_, first);
}

void RaftCore::commit_to(Offset index) {
  if (index <= commit_) return;
  ENSURE(index <= log_.end().index, "committing entry {} of a log that ends at {}", index,
         log_.end().index);
  if (role_ == Role::leader)
    for (Offset done = std::max(commit_ + 1, term_start_); done <= index; done += 1)
      uncommitted_bytes_ -= log_.at(done).batch.size();
  commit_ = index;
}

bool RaftCore::has_majority(const std::function<bool(const ReplicaKey&)>& yes) const {
  const auto agreeing =
      std::ranges::count_if(voters(), [&](const Voter& voter) { return yes(key_of(voter)); });
  return static_cast<std::size_t>(agreeing) > voters().size() / 2;
}

void RaftCore::compact(Offset index) {
  ENSURE(index <= applied_, "a snapshot of entry {}, applied is {}", index, applied_);
  if (index <= snapshot_.index) return;
  snapshot_ = {index, *log_.term_at(index)};
  log_.forget(std::min(index, stable_), config_.kept_bytes_max);
  voters_.forget_before(index);
}

bool RaftCore::restore(const SnapshotInfo& snapshot) {
  offered_.reset();
  const bool ahead = snapshot.end.index > commit_ || RW_PLANT(old_snapshot_accepted);
  if (!ahead || role_ == Role::leader) return false;
  if (log_.has(snapshot.end)) {
    commit_to(snapshot.end.index);
    return false;
  }
  log_.reset(snapshot.end);
  voters_.reset(snapshot.end.index, snapshot.voters);
  snapshot_ = snapshot.end;
  commit_ = applied_ = stable_ = snapshot.end.index;
  unsaved_from_ = stable_ + 1;
  to_install_ = snapshot.end;
  if (leader_.id != kNoBroker) answer_leader({.index = commit_});
  return true;
}

bool RaftCore::has_ready() const {
  return hard_changed_ || to_install_ || unsaved_from_ <= log_.end().index || !messages_.empty() ||
         applied_ < commit_ || !read_states_.empty();
}

Ready RaftCore::ready() {
  ENSURE(!saving_, "the last Ready has not been carried out");
  constexpr std::size_t kAll = SIZE_MAX;
  Ready ready;
  if (std::exchange(hard_changed_, false)) {
    ready.hard = state_;
    if (RW_PLANT(vote_not_synced)) ready.hard->voted_for = kNoBroker;
  }
  ready.snapshot = std::exchange(to_install_, std::nullopt);
  ready.entries = log_.slice(unsaved_from_, log_.end().index + 1, kAll, kAll);
  unsaved_from_ = log_.end().index + 1;
  ready.messages = std::exchange(messages_, {});
  ready.committed = log_.slice(applied_ + 1, commit_ + 1, kAll, kAll);
  applied_before_ = std::exchange(applied_, commit_);
  ready.reads = std::exchange(read_states_, {});
  saving_ = log_.end();
  return ready;
}

void RaftCore::advance() {
  ENSURE(saving_, "no Ready has been given out");
  const LogEnd saved = *std::exchange(saving_, std::nullopt);
  // What was cut and came again meanwhile is to be written again.
  const Offset durable = std::min(saved.index, unsaved_from_ - 1);
  if (durable <= stable_ || !log_.has(saved)) return;
  stable_ = durable;
  if (role_ == Role::leader) maybe_commit();
}

void RaftCore::retract() {
  ENSURE(saving_, "no Ready has been given out");
  saving_.reset();
  messages_.clear();
  applied_ = std::max(applied_before_, snapshot_.index);
  // A follower may have heard that what it could not write is committed; it comes again. A leader's
  // is durable here: only then it was sent.
  commit_ = std::min(commit_, stable_);
  if (stable_ < log_.end().index) truncate_from(stable_ + 1);
  if (role_ != Role::leader) return;
  if (term_start_ > stable_) return become_follower(state_.term, {});
  uncommitted_bytes_ = 0;
  for (Offset index = std::max(commit_ + 1, term_start_); index <= stable_; index += 1)
    uncommitted_bytes_ += log_.at(index).batch.size();
  match_progress_to_voters();
  for (auto& [key, progress] : progress_) progress.cut_back(stable_ + 1);
  confirm_reads();
}

}  // namespace ropewalk::quorum
