// What replicas of the metadata log say to each other.
//
// Everything is idempotent and may be lost, doubled or overtaken. `term` is the sender's, except
// that a pre-vote names the term which the candidate would take.
#pragma once

#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

#include "broker/quorum/raft/entry.h"

namespace ropewalk::quorum {

struct VoteRequest {
  bool pre = false;       // Would you vote for me? Changes nobody's state.
  bool transfer = false;  // The leader asked for it: a living leader is no reason to refuse.
  LogEnd end{};           // Of the candidate's log.
};
struct VoteReply {
  bool pre = false;
  bool granted = false;
};
// Entries behind `prev`; without any, a heartbeat. Also the answer to a Fetch.
struct AppendRequest {
  LogEnd prev{};
  Offset commit{};          // Of the leader.
  std::uint64_t round = 0;  // Comes back: proves that the replica followed after it was sent.
  std::vector<Entry> entries{};
};
struct AppendReply {
  bool rejected = false;  // `prev` is not in the log, or the sender's term has passed.
  Offset index{};         // Everything up to it is durable here; rejected: prev's index.
  LogEnd hint{};          // Rejected: the last entry that may be the same in both logs.
  std::uint64_t round = 0;
};
// The leader no longer has the entries that this replica needs: it is to fetch this snapshot.
struct SnapshotOffer {
  LogEnd end;
  std::uint64_t round = 0;
};
// An observer asks for what is behind its log's end, all of which is durable. Answered by one
// AppendRequest or SnapshotOffer as soon as there is something to tell, at the latest with the next
// heartbeat; or by Elsewhere.
struct Fetch {
  LogEnd end;
  Offset commit;  // As far as it knows.
};
// "I do not lead": who does, as far as known.
struct Elsewhere {
  ReplicaKey leader;
};
// The leader hands over: campaign at once.
struct TimeoutNow {};

using Body = std::variant<VoteRequest, VoteReply, AppendRequest, AppendReply, SnapshotOffer, Fetch,
                          Elsewhere, TimeoutNow>;

struct Message {
  ReplicaKey from;
  // kNoBroker: whichever voter can be reached. An observer that has not read the log yet knows
  // nobody.
  ReplicaKey to;
  Term term;
  Body body;
};

// Whether it can come from a replica that follows the rules: entries are whole batches, without
// gaps, in terms that do not fall or exceed the sender's. What comes from outside is checked with
// it.
bool makes_sense(const Message& message);
std::string_view kind_of(const Message& message);

}  // namespace ropewalk::quorum
