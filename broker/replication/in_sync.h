// Who is in sync with a leader, and who ought to be: what followers have told, and the leader's
// proposal to the controller for another in-sync set (R3, R6).
//
// Pure; a part of Leader. At most one proposal is under way, and it adds or removes one member.
// From its beginning until it is settled an added member counts for the watermark beside the
// committed ones. Offsets are ends (exclusive).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "broker/metadata/controller_port.h"
#include "common/env/time.h"
#include "common/error.h"
#include "common/ids.h"
#include "common/uuid.h"

namespace ropewalk::replication {

using Time = env::MonotonicTime;

// With what a replica counts (architecture, D5): what it has synced, or what it has.
enum class StableBy { durable_end, log_end };

// What the metadata log says about the broker of a replica.
struct Peer {
  IncarnationId incarnation = {};
  bool may_join = true;  // Neither fenced nor shutting down.
  bool operator==(const Peer&) const = default;
};

// What the metadata log says about a partition, as far as its leader cares. Follows changes of the
// partition, of its settings, and of the registrations of its replicas' brokers.
struct Leadership {
  BrokerId self = kNoBroker;
  LeaderEpoch leader_epoch = kNoLeaderEpoch;
  PartitionEpoch partition_epoch{0};
  std::set<BrokerId> in_sync;    // With `self`.
  std::int32_t min_in_sync = 1;  // min(min.insync.replicas, replication factor): R3.
  StableBy stable_by = StableBy::durable_end;
  bool becomes_synced = false;  // It was replicated: some in-sync log may not be synced whole yet.
  std::map<BrokerId, Peer> replicas = {};  // All that are registered, with `self`.
};

struct ReplicationTimes {
  env::Duration replica_lag_max = std::chrono::seconds(10);  // Kafka's replica.lag.time.max.ms.
  env::Duration proposal_retry = std::chrono::milliseconds(100);
};

// How far a follower is. Sent as a one-way message as soon as a sync completes (D6), and with every
// fetch: the leader passes over what comes from a life that it does not know to be registered yet.
struct Progressed {
  BrokerId follower;
  LeaderEpoch leader_epoch;  // That it follows.
  std::uint64_t generation = 0;
  Offset log_end;
  Offset durable_end;
  IncarnationId incarnation = {};
  bool operator==(const Progressed&) const = default;
};

// The in-sync set that the controller is to decide on. A copy of it may be decided at any time
// until the partition epoch is higher.
struct InSyncProposal {
  std::uint64_t ticket = 0;  // For the answer; the same for all copies of a proposal.
  LeaderEpoch leader_epoch;
  PartitionEpoch partition_epoch;
  std::vector<metadata::InSyncMember> in_sync;
  bool operator==(const InSyncProposal&) const = default;
};

// What became of one copy of a proposal; each gets exactly one of these.
struct ProposalAnswered {
  std::uint64_t ticket = 0;
  // none: accepted, the metadata log will show it. Any failure of the way there (a time-out, a
  // closed connection, ...) or of the controller.
  Errc outcome = Errc::none;
  bool of_older_term = false;  // The answer comes from a controller that is known to be deposed.
};

// Whether the answer is the controller's refusal. All else says nothing about what will happen.
bool is_refusal(const ProposalAnswered& answer);

class InSync {
 public:
  InSync(const Leadership& leadership, ReplicationTimes times, Offset epoch_start, Time now);

  // False: it is from another epoch, life or generation, and changes nothing.
  bool progressed(const Leadership& leadership, const Progressed& event, Offset log_end, Time now);
  // The leader's log is about to grow from `log_end` on.
  void growing(const Leadership& leadership, Offset log_end, Time now);
  void changed(const Leadership& before, const Leadership& after, Time now);
  void answered(const ProposalAnswered& answer, Time now);

  // What the leader knows of itself.
  struct Ends {
    Offset log_end;
    Offset stable_end;
    Offset high_watermark;
  };
  // A copy to send now: of the proposal under way, of its withdrawal, or of a new one.
  std::optional<InSyncProposal> propose(const Leadership& leadership, const Ends& own, Time now);
  // When propose() may have something without anything else happening.
  Time next_tick(const Leadership& leadership, const Ends& own) const;

  // The smallest stable end of those who count (R6), the leader among them; none while one of them
  // has not told under this epoch.
  std::optional<Offset> smallest_stable_end(const Leadership& leadership, Offset own) const;

  bool is_proposing() const { return pending_.has_value(); }
  // Where the logs of followers end that have told under this epoch.
  std::map<BrokerId, Offset> log_ends() const;

 private:
  struct Follower {
    bool told = false;  // Since it left the set, too.
    std::uint64_t generation = 0;
    Offset log_end;
    Offset durable_end;
    // Its stable end had reached our log end then.
    Time caught_up_at;
    // Where our log ended at some time, which it has not reached yet.
    Offset mark;
    Time marked_at;
  };
  struct Pending {
    InSyncProposal proposal;
    BrokerId member;
    bool adds = false;
    bool repeated = false;              // More than one copy is or was under way.
    bool withdrawn = false;             // Copies propose the committed set from now on.
    bool accepted = false;              // Nothing to send: the log will show it.
    std::optional<Time> again_at = {};  // None: a copy is under way.
  };

  Offset stable_end(const Leadership& leadership, const Follower& follower) const;
  bool may_add(const Leadership& leadership, BrokerId id, const Ends& own) const;
  // When a member that stays as it is will be out of sync; kNever: not because of its lag.
  Time lags_at(const Leadership& leadership, BrokerId id, const Ends& own) const;
  bool is_unwanted(const Leadership& leadership, const Ends& own, Time now) const;
  InSyncProposal begin(const Leadership& leadership, BrokerId member, bool adds);
  std::optional<InSyncProposal> repeat(const Leadership& leadership, const Ends& own, Time now);

  const ReplicationTimes times_;
  const Offset epoch_start_;
  std::map<BrokerId, Follower> followers_;  // All replicas but the leader.
  std::optional<Pending> pending_;
  std::uint64_t next_ticket_ = 1;
  Time next_proposal_at_;
};

}  // namespace ropewalk::replication
