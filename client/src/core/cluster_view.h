// What the client knows of the cluster: brokers, topics, leaders.
//
// Pure; on the client's core only. Knowledge of a leader never goes back to an older epoch,
// whatever broker it comes from.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/env/network.h"
#include "common/env/time.h"
#include "common/error.h"
#include "common/ids.h"
#include "common/uuid.h"
#include "ropewalk/v1/leader.pb.h"
#include "ropewalk/v1/metadata.pb.h"

namespace ropewalk::client {

struct KnownLeader {
  BrokerId broker = kNoBroker;
  LeaderEpoch epoch = kNoLeaderEpoch;
};

struct KnownTopic {
  TopicId id;
  std::vector<KnownLeader> partitions;  // By index.
  env::MonotonicTime learnt{};          // When it was asked for.
};

class ClusterView {
 public:
  // Takes what a broker said to a question of that time. Topics with an error are forgotten where
  // they are gone, unless a later question was answered before.
  void apply(const v1::MetadataResponse& response, env::MonotonicTime asked);
  // A hint from a reply about the partition. Returns whether it was news.
  bool apply_hint(const std::string& topic, std::int32_t partition, const v1::LeaderHint& hint);
  // The partition's leader is not (any more) what we think: unknown until the next news.
  void forget_leader(const std::string& topic, std::int32_t partition);

  const KnownTopic* topic(const std::string& name) const;
  // What was said of it last, where it is not known; null if nothing was.
  const Error* why_unknown(const std::string& topic) const;
  // Null unless topic, partition, leader and the leader's address are known.
  const KnownLeader* leader(const std::string& topic, std::int32_t partition) const;
  // Whether all partitions of the topic have a leader whose address is known.
  bool has_all_leaders(const std::string& topic) const;
  std::optional<env::Endpoint> address(BrokerId broker) const;
  std::vector<env::Endpoint> addresses() const;  // Of all brokers that are not fenced.
  // Whether the cluster has given up the broker at that address.
  bool is_fenced(const env::Endpoint& address) const;
  std::vector<std::string> topics() const;

 private:
  void refused(const v1::TopicMetadata& said, env::MonotonicTime asked);
  KnownLeader* find(const std::string& topic, std::int32_t partition);

  std::map<BrokerId, env::Endpoint> brokers_;
  std::vector<BrokerId> fenced_;
  std::map<std::string, KnownTopic> topics_;
  std::map<std::string, Error> errors_;  // Of topics, that were said last.
};

}  // namespace ropewalk::client
