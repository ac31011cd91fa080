// One replica of a partition while it leads: how far everything is stable, who may be answered. Who
// is in sync is in_sync.h's.
//
// Pure: takes what happened and returns what to do. Made anew for each leader epoch, so that a
// waiter's key is (leader epoch, offset) by construction (R4). Offsets are ends (exclusive). Used
// inside its partition only.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <variant>
#include <vector>

#include "broker/replication/in_sync.h"
#include "common/error.h"
#include "common/ids.h"
#include "common/queue.h"

namespace ropewalk::replication {

enum class Acks : std::int8_t { all = -1, none = 0, leader = 1 };

// Whom to answer; chosen by the caller, unique among those that wait.
using WaiterId = std::uint32_t;

// What happened.
struct Written {  // Our log ends here now; batches up to it are in the page cache.
  Offset log_end;
};
struct Synced {  // Our log is durable up to here.
  Offset durable_end;
};
struct Changed {  // The metadata log changed what is not the leader: in-sync set, minimum, stable
                  // end, lives of brokers. In the order of the log.
  Leadership to;
};
struct Tick {};  // next_tick() has come.
struct Waits {   // A produce wants an answer for what ends here.
  WaiterId waiter = 0;
  Acks acks = Acks::all;
  Offset end;
};
using LeaderEvent =
    std::variant<Written, Synced, Progressed, Changed, Waits, ProposalAnswered, Tick>;

// What the caller must do after a step, in this order.
struct LeaderEffects {
  bool sync_all = false;  // 1. sync the whole log (what counts changed); comes back as Synced;
  std::optional<Offset> high_watermark;  // 2. it moved: tell fetches that wait for it;
  std::vector<WaiterId> answer;          // 3. their condition holds;
  std::vector<WaiterId> too_few;         // 4. not_enough_replicas_after_append.
  // 5. ask the controller (metadata::AlterInSync); comes back as ProposalAnswered, whatever
  // happens.
  std::optional<InSyncProposal> propose;
  // 6. Tell the controller (metadata::ReportSynced): all in-sync logs are synced whole. Once.
  bool all_synced = false;
};

class Leader {
 public:
  // `high_watermark` is the largest that this replica knows (R3).
  // Pre: high_watermark <= log_end, durable_end <= log_end, leadership.in_sync holds self.
  Leader(Leadership leadership, Offset log_end, Offset durable_end, Offset high_watermark, Time now,
         ReplicationTimes times = {});

  // Whether a produce may be appended. Errors: not_enough_replicas (acks=all below the minimum).
  Result<void> admit(Acks acks) const;

  [[nodiscard]] LeaderEffects step(const LeaderEvent& event, Time now);
  // When to step with Tick, unless something happens before; kNever: not at all.
  Time next_tick() const { return in_sync_.next_tick(leadership_, ends()); }

  // All who wait, for a typed error: the leadership ends.
  std::vector<WaiterId> resign();

  const Leadership& leadership() const { return leadership_; }
  Offset log_end() const { return log_end_; }
  Offset stable_end() const {
    return leadership_.stable_by == StableBy::durable_end ? durable_end_ : log_end_;
  }
  Offset high_watermark() const { return high_watermark_; }
  // What was committed before this epoch ends where it begins at the latest. Until the watermark is
  // there, leaders before may have shown more than it says.
  bool knows_what_is_committed() const { return high_watermark_ >= epoch_start_; }
  // Of the replicas that are known to have anything under this epoch, its own among them.
  std::map<BrokerId, Offset> log_ends() const {
    auto ends = in_sync_.log_ends();
    ends.insert_or_assign(leadership_.self, log_end_);
    return ends;
  }
  std::size_t waiter_count() const { return for_stable_.size() + for_committed_.size(); }

 private:
  struct Waiter {
    Offset end;
    WaiterId id = 0;
  };
  using Waiters = Queue<Waiter>;  // By end.

  void apply(const Written& event, Time now, LeaderEffects& effects);
  void apply(const Synced& event, Time now, LeaderEffects& effects);
  void apply(const Progressed& event, Time now, LeaderEffects& effects);
  void apply(const Changed& event, Time now, LeaderEffects& effects);
  void apply(const Waits& event, Time now, LeaderEffects& effects);
  void apply(const ProposalAnswered& event, Time now, LeaderEffects& effects);
  void apply(const Tick& event, Time now, LeaderEffects& effects);

  bool enough_in_sync() const;
  InSync::Ends ends() const { return {log_end_, stable_end(), high_watermark_}; }
  void advance(LeaderEffects& effects);
  static void insert(Waiters& queue, Waiter waiter);
  static void release(Waiters& queue, Offset up_to, std::vector<WaiterId>& into);

  Leadership leadership_;
  const Offset epoch_start_;
  Offset log_end_;
  Offset durable_end_;
  Offset high_watermark_;
  bool told_synced_ = false;
  InSync in_sync_;
  Waiters for_stable_;     // acks=1
  Waiters for_committed_;  // acks=all
};

}  // namespace ropewalk::replication
