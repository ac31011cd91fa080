// One replica of the metadata log: Raft as a pure state machine (metadata-quorum.md, sections 1,
// 2).
//
// Knows no clock, thread, socket or file: tick() is its only time, step() its only news, Ready what
// the caller must do. One strand calls it. Election with pre-vote, a leader that cannot reach a
// majority steps down, reads are confirmed by a round of heartbeats, voters change one at a time.
// A replica that is no voter (or does not know yet) observes: it fetches from the leader.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "broker/quorum/raft/entry.h"
#include "broker/quorum/raft/hard_state.h"
#include "broker/quorum/raft/message.h"
#include "broker/quorum/raft/progress.h"
#include "broker/quorum/raft/raft_log.h"
#include "broker/quorum/raft/voter_history.h"
#include "common/error.h"

namespace ropewalk::quorum {

enum class Role { follower, pre_candidate, candidate, leader };

struct RaftConfig {
  std::uint32_t election_ticks = 50;        // A follower waits one to two times that long.
  std::uint32_t heartbeat_ticks = 10;       // Less than a third of the above.
  std::size_t message_bytes_max = 1 << 20;  // One entry always goes.
  std::size_t message_entries_max = 1024;
  std::size_t in_flight_max = 256;         // Requests to one voter that are not answered.
  std::size_t entry_bytes_max = 32 << 20;  // A larger change is refused.
  std::size_t kept_bytes_max = 4 << 20;    // Entries before a snapshot, for who is a bit behind.
  std::size_t uncommitted_bytes_max = 64 << 20;
  std::size_t observers_max = 1000;
  std::size_t messages_max = 10'000;  // Of one Ready; what else is said while it is saved is lost.
  std::function<std::uint64_t()> random;    // Of the environment.
  std::function<std::int64_t()> wall_time;  // ms; goes into the first entry of a term only.
};

struct SnapshotInfo {
  LogEnd end;
  Voters voters;  // As of there.
};

struct ReadState {
  std::uint64_t context = 0;
  Offset index;  // The read is linearizable once everything up to here is applied.
};

// What the caller must do, in this order: store `hard`, install `snapshot` (the log begins anew
// behind it), write `entries` (cutting what it has at and behind the first of them) and sync all
// that; then send, apply `committed` and answer `reads`; then call advance().
struct Ready {
  std::optional<HardState> hard;
  std::optional<LogEnd> snapshot;
  std::vector<Entry> entries;
  std::vector<Message> messages;
  std::vector<Entry> committed;
  std::vector<ReadState> reads;
};

class RaftCore {
 public:
  // After a start: what the state file, the newest snapshot and the log behind it hold. A snapshot
  // that ends at index 0 is none. Pre: `log` follows the snapshot without a gap and names no term
  // above `state`'s.
  RaftCore(RaftConfig config, HardState state, SnapshotInfo snapshot, std::vector<Entry> log);

  void tick();
  // Pre: makes_sense(message), and it comes from this cluster's `message.from`.
  void step(Message message);

  // Leads and takes changes: the index that the batch will have if it is ever committed (with the
  // present term). Errors: not_controller; message_too_large; budget_exceeded.
  Result<Offset> propose(SharedBytes batch);
  // The same with another list of voters: one replica more, one less, or another endpoint.
  // Replacing a replica in one step is refused: {A, B} of {A, B, C} and {A', C} of {A', B, C} are
  // majorities without a common member. Errors: not_controller; invalid_request (with the reason);
  // not_enough_replicas (the addition has not caught up; a change is under way).
  Result<Offset> change_voters(Voters voters);
  // Answered in Ready::reads, if this replica leads until then. False: it does not lead.
  bool read_index(std::uint64_t context);
  // Hands leadership to a voter. Errors: not_controller, invalid_request.
  Result<void> transfer(BrokerId target);
  // Stops leading, in favour of the voter that has most.
  void resign();
  // The leader's host says that nothing listens there any more: as if the election time-out had
  // passed. Nothing if it is not the leader.
  void peer_down(BrokerId peer);

  // A snapshot up to `index` is stored: earlier entries may be forgotten. Pre: index is applied.
  void compact(Offset index);
  // A snapshot that was offered has been fetched and checked. False: it is no use, the log is as
  // far; else Ready::snapshot says to install it.
  bool restore(const SnapshotInfo& snapshot);
  // What a leader has offered to this replica, and which leader; none if it needs none.
  struct Offer {
    ReplicaKey leader;
    LogEnd end;
  };
  const std::optional<Offer>& offered() const { return offered_; }

  bool has_ready() const;
  Ready ready();
  // The last Ready is done. Pre: there was one.
  void advance();
  // Instead: its entries could not be written (the disk is full), nothing of it was sent or
  // applied. They are taken back; its messages are lost. Its hard state and snapshot were saved.
  void retract();

  Role role() const { return role_; }
  Term term() const { return state_.term; }
  ReplicaKey leader() const { return leader_; }  // kNoBroker: nobody known.
  Offset commit() const { return commit_; }
  LogEnd log_end() const { return log_.end(); }
  LogEnd snapshot() const { return snapshot_; }
  const Voters& voters() const { return voters_.current(); }
  const Voters& voters_at(Offset index) const { return voters_.at(index); }
  bool is_voter() const { return has_voter(voters(), self_); }
  const ReplicaKey& self() const { return self_; }
  // Leads, and the first entry of its term is committed: it knows all that is.
  bool in_office() const { return role_ == Role::leader && commit_ >= term_start_; }
  Offset term_start() const { return term_start_; }  // Of a leader: its first entry.
  // Of a leader: how far a voter or observer is. None: nothing heard in this term.
  struct Standing {
    Offset match;
    std::uint32_t silent_ticks = 0;
  };
  std::optional<Standing> standing(const ReplicaKey& key) const;
  // Of a leader: this observer may be given a vote, for it has lately had everything.
  bool caught_up(const ReplicaKey& observer) const;
  // Of a leader: this voter or observer was heard of within an election time-out.
  bool hears(const ReplicaKey& key) const;
  std::vector<ReplicaKey> observers() const;

 private:
  // An observer as the leader knows it.
  struct Observer {
    LogEnd agreed;  // Its log and ours are the same up to here, as far as known.
    Offset commit;
    bool asking = false;  // Its Fetch is not answered.
    std::uint32_t silent_ticks = 0;
    std::uint32_t behind_ticks = 0;  // Since it last had everything.
  };
  struct Read {
    std::uint64_t context = 0;
    Offset index;
    std::uint64_t round = 0;
  };

  // raft_core.cc
  bool take_later_term(const Message& message);
  bool answer_earlier_term(const Message& message);
  void become_follower(Term term, const ReplicaKey& leader);
  void reset_election_timer();
  void send(const ReplicaKey& to, Body body);
  void put(Message message);
  void append(Entry entry);
  void truncate_from(Offset first);
  void commit_to(Offset index);
  bool has_majority(const std::function<bool(const ReplicaKey&)>& yes) const;
  // candidate.cc
  void tick_follower();
  void tick_observing();
  void fetch(const ReplicaKey& from, const LogEnd& end);
  bool may_campaign() const;
  void campaign(bool pre, bool transfer);
  bool hears_a_leader() const;
  void handle(const Message& message, VoteRequest& request);
  void handle(const Message& message, VoteReply& reply);
  void handle(const Message& message, TimeoutNow& now);
  // follower.cc
  void handle(const Message& message, AppendRequest& request);
  void handle(const Message& message, SnapshotOffer& offer);
  void handle(const Message& message, Elsewhere& elsewhere);
  void follow(const Message& message);
  void take_entries(AppendRequest& request);
  void answer_leader(const AppendReply& reply);
  // leader.cc
  void become_leader();
  void tick_leader();
  void handle(const Message& message, AppendReply& reply);
  void send_append(const ReplicaKey& to, Progress& progress, bool even_if_empty);
  void send_to_all(bool even_if_empty);
  void lead_entry(SharedBytes batch);
  void maybe_commit();
  bool hears_a_majority() const;
  // handover.cc
  void tick_transfer();
  void hand_over_if_ready();
  // voter_change.cc
  void match_progress_to_voters();
  // observers.cc
  void handle(const Message& message, Fetch& fetch);
  bool has_news_for(const Observer& observer) const;
  void answer_observer(const ReplicaKey& key, Observer& observer);
  void answer_observers(bool even_if_empty);
  void tick_observers();
  // reads.cc
  void ask_round_for(std::uint64_t context);
  void start_early_reads();
  void confirm_reads();

  RaftConfig config_;
  HardState state_;
  ReplicaKey self_;
  RaftLog log_;
  VoterHistory voters_;
  LogEnd snapshot_;  // The newest that is stored here.
  Offset commit_;
  Offset stable_;   // Durable here.
  Offset applied_;  // Given out in Ready::committed, or in a snapshot.

  Role role_ = Role::follower;
  ReplicaKey leader_;
  std::uint32_t elapsed_ticks_ = 0;  // Since a leader was heard, or a campaign began.
  std::uint32_t timeout_ticks_ = 0;
  std::map<ReplicaKey, bool> votes_;
  std::uint32_t lost_campaigns_ = 0;  // In a row.
  std::size_t next_voter_ = 0;        // Whom an observer asks next.
  std::uint32_t fetch_again_in_ = 0;  // Ticks, if nothing comes.
  std::optional<Offer> offered_;

  // Of a leader.
  std::map<ReplicaKey, Progress> progress_;  // Of the other voters.
  std::map<ReplicaKey, Observer> observers_;
  Offset term_start_;
  std::uint64_t round_ = 0;
  std::deque<Read> reads_;
  std::vector<std::uint64_t> early_reads_;  // Before the term's first entry is committed.
  std::size_t uncommitted_bytes_ = 0;
  std::uint32_t heartbeat_elapsed_ = 0;
  std::optional<ReplicaKey> transfer_to_;
  std::uint32_t transfer_ticks_ = 0;

  // Of the next Ready.
  bool hard_changed_ = false;
  std::optional<LogEnd> to_install_;
  Offset unsaved_from_;  // Entries from here on are not given out for saving.
  std::vector<Message> messages_;
  std::vector<ReadState> read_states_;
  std::optional<LogEnd> saving_;  // Where the log ended in the Ready that is being carried out.
  Offset applied_before_;         // That Ready.
};

}  // namespace ropewalk::quorum
