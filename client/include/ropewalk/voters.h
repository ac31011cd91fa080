// Who keeps the cluster's metadata, as Admin shows and changes it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ropewalk {

// A broker with its first data directory: with another disk it is another one.
struct VoterName {
  std::int32_t broker_id = 0;
  std::string directory_id = {};  // 22 characters; empty: whichever it has.
};

struct MetadataReplica {
  std::int32_t broker_id = 0;
  std::string directory_id;
  std::string host;  // Where it listens for brokers; empty: not known.
  std::uint16_t port = 0;
  bool votes = false;                // Else it only follows.
  bool alive = false;                // The controller has heard of it lately.
  bool may_vote = false;             // It follows, and has lately had everything.
  bool names_voters = false;         // Started with the setting quorum_voters.
  std::int64_t log_end_offset = -1;  // -1: not known; so for the lag.
  std::int64_t lag = -1;             // Entries that it lacks.
  std::chrono::milliseconds silent{0};
};

struct MetadataQuorum {
  std::int32_t leader_id = -1;  // The controller.
  std::int32_t term = 0;
  std::int64_t log_end_offset = 0;
  std::int64_t committed_offset = 0;
  std::vector<MetadataReplica> replicas;  // Voters by id, then the others.
  std::string warning;  // For people: what is wrong or unwise about the voters. Empty: nothing.
};

// One of both, or both: `add` in the place of `remove`.
struct VoterChange {
  std::optional<VoterName> remove;
  std::optional<VoterName> add;
};

}  // namespace ropewalk
