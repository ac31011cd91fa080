// One replica of a partition while it leads: who is in sync, how far everything is stable, who may
// be answered.
//
// Pure: takes what happened and returns what to do. Made anew for each leader epoch, so that a
// waiter's key is (leader epoch, offset) by construction (R4). Offsets are ends (exclusive). Used
// inside its partition only.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <variant>
#include <vector>

#include "common/error.h"
#include "common/ids.h"
#include "common/queue.h"

namespace ropewalk::replication {

// With what a replica counts (architecture, D5): what it has synced, or what it has.
enum class StableBy { durable_end, log_end };

enum class Acks : std::int8_t { all = -1, none = 0, leader = 1 };

// What the metadata log says about a partition, as far as its leader cares.
struct Leadership {
  BrokerId self = kNoBroker;
  LeaderEpoch leader_epoch = kNoLeaderEpoch;
  PartitionEpoch partition_epoch{0};
  std::set<BrokerId> in_sync;    // With `self`.
  std::int32_t min_in_sync = 1;  // min(min.insync.replicas, replication factor): R3.
  StableBy stable_by = StableBy::durable_end;
};

// Whom to answer; chosen by the caller, unique among those that wait.
using WaiterId = std::uint32_t;

// What happened.
struct Written {  // Our log ends here now; batches up to it are in the page cache.
  Offset log_end;
};
struct Synced {  // Our log is durable up to here.
  Offset durable_end;
};
struct Progressed {  // A follower told how far it is.
  BrokerId follower;
  Offset log_end;
  Offset durable_end;
};
struct Changed {  // The metadata log changed what is not the leader: in-sync set, minimum, stable
                  // end.
  Leadership to;
};
struct Waits {  // A produce wants an answer for what ends here.
  WaiterId waiter = 0;
  Acks acks = Acks::all;
  Offset end;
};
using LeaderEvent = std::variant<Written, Synced, Progressed, Changed, Waits>;

// What the caller must do after a step, in this order.
struct LeaderEffects {
  bool sync_all = false;  // 1. sync the whole log (what counts changed); comes back as Synced;
  std::optional<Offset> high_watermark;  // 2. it moved: tell fetches that wait for it;
  std::vector<WaiterId> answer;          // 3. their condition holds;
  std::vector<WaiterId> too_few;         // 4. not_enough_replicas_after_append.
};

class Leader {
 public:
  // `high_watermark` is the largest that this replica knows (R3).
  // Pre: high_watermark <= log_end, durable_end <= log_end, leadership.in_sync holds self.
  Leader(Leadership leadership, Offset log_end, Offset durable_end, Offset high_watermark);

  // Whether a produce may be appended. Errors: not_enough_replicas (acks=all below the minimum).
  Result<void> admit(Acks acks) const;

  [[nodiscard]] LeaderEffects step(const LeaderEvent& event);

  // All who wait, for a typed error: the leadership ends.
  std::vector<WaiterId> resign();

  const Leadership& leadership() const { return leadership_; }
  Offset log_end() const { return self_.log_end; }
  Offset stable_end() const { return stable_end(self_); }
  Offset high_watermark() const { return high_watermark_; }
  std::size_t waiter_count() const { return for_stable_.size() + for_committed_.size(); }

 private:
  struct Replica {
    Offset log_end;
    Offset durable_end;
  };
  struct Waiter {
    Offset end;
    WaiterId id = 0;
  };
  using Waiters = Queue<Waiter>;  // By end.

  void apply(const Written& event, LeaderEffects& effects);
  void apply(const Synced& event, LeaderEffects& effects);
  void apply(const Progressed& event, LeaderEffects& effects);
  void apply(const Changed& event, LeaderEffects& effects);
  void apply(const Waits& event, LeaderEffects& effects);

  bool enough_in_sync() const;
  Offset stable_end(const Replica& replica) const;
  void advance(LeaderEffects& effects);
  static void insert(Waiters& queue, Waiter waiter);
  static void release(Waiters& queue, Offset up_to, std::vector<WaiterId>& into);

  Leadership leadership_;
  Replica self_;
  std::map<BrokerId, Replica> followers_;  // Those that reported under this epoch.
  Offset high_watermark_;
  Waiters for_stable_;     // acks=1
  Waiters for_committed_;  // acks=all
};

}  // namespace ropewalk::replication
