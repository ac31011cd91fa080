// Watches all replicas of a world and says when one breaks a rule (metadata-quorum.md, section 2).
//
// It sees more than any replica: what each commits, writes and sends. Each check costs no more than
// what it looks at, so that all are made at every step. Keeps the first fault. One thread.
#pragma once

#include <map>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "broker/quorum/raft/raft_core.h"
#include "tests/sim/quorum/coverage.h"
#include "tests/sim/quorum/disk.h"
#include "tests/sim/quorum/timeline.h"

namespace ropewalk::quorum::hostile {

class Referee {
 public:
  Referee(const Timeline& timeline, Coverage& seen, Voters first_voters)
      : timeline_(timeline), seen_(seen), voters_{{Offset(0), std::move(first_voters)}} {}

  const std::string& fault() const { return fault_; }  // Empty: none.
  bool has_fault() const { return !fault_.empty(); }
  void fail(int place, const std::string& what);

  // A life of a replica begins: its term is not below what it has said in an earlier one.
  void started(int place, const RaftCore& core);
  // After each input. Terms and commit indexes only grow, a term has one leader.
  struct News {
    bool leads = false;
    bool committed = false;  // The first that it commits as leader.
  };
  News watch(int place, const RaftCore& core);

  // Its log grows without gaps and keeps what it has applied. To be called before it is written.
  void writes(int place, const Image& written, const std::vector<Entry>& entries);
  // Log matching; a new leader has all that is committed. And after.
  void has_written(int place, const Image& written, const std::vector<Entry>& entries);
  // What a message promises is durable. One vote a term.
  void sends(int place, const RaftCore& core, const Image& durable, const Message& message);
  // In order and the same everywhere.
  void applies(int place, const Entry& entry);
  // A snapshot that it has taken, or installed: of committed entries, with the voters of there.
  void takes(int place, const SnapshotInfo& snapshot);
  void installs(int place, const SnapshotInfo& snapshot);

  // Reads see all that was committed anywhere before they were asked for.
  std::uint64_t asks_read();
  void answers_read(int place, const ReadState& read);

  Offset committed_end() const { return Offset(static_cast<std::int64_t>(committed_.size())); }
  const Voters& committed_voters() const { return voters_.back().second; }
  bool has_committed(std::uint64_t value) const { return values_.contains(value); }

 private:
  // Of one replica's life.
  struct Watched {
    Term term{};
    Offset commit{};
    Offset applied{};
    bool leads = false;
    Offset commit_before{};  // When it came to lead.
    // It has to show, with the first entry of this term (0: nothing to show), that it has
    // everything up to there.
    Term shows_in{};
    Offset shows_all_to{};
  };
  struct Committed {
    Term term;
    SharedBytes batch;
  };
  const Voters& voters_at(Offset index) const;
  void committed_first(int place, const Entry& entry);
  void elected(int place, const RaftCore& core, Watched& watched);
  // The leader of a term has an entry of that term there.
  void check_leader_has(int place, Offset index, Term term);
  void voted(int place, const ReplicaKey& voter, Term term, const ReplicaKey& candidate);
  void check_vote(int place, const Message& message, const Image& durable);
  void check_holds(int place, Term said_in, const Image& durable, Offset index);

  const Timeline& timeline_;
  Coverage& seen_;
  std::string fault_;
  std::map<int, Watched> watched_;
  std::map<Term, int> leaders_;
  std::map<std::pair<ReplicaKey, Term>, ReplicaKey> votes_;
  std::map<ReplicaKey, Term> terms_said_;
  // Term and bytes of each entry, and the term of the one before: the same wherever it is.
  struct Known {
    Term before;
    SharedBytes batch;
  };
  std::map<std::pair<Offset, Term>, Known> entries_;
  Offset highest_commit_;             // Anywhere.
  std::map<Term, Offset> commits_;    // How far that went in each term.
  std::vector<Committed> committed_;  // From index 1.
  std::vector<std::pair<Offset, Voters>> voters_;
  std::unordered_set<std::uint64_t> values_;
  // What leaders have at places that are committed, but not known yet.
  std::multimap<Offset, std::pair<Term, int>> to_compare_;
  std::vector<Offset> reads_;  // What each has to see, by its context.
};

// A change of metadata, for the quorum opaque: a batch with this value.
SharedBytes value_batch(std::uint64_t value);

}  // namespace ropewalk::quorum::hostile
