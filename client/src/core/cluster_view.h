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
  env::MonotonicTime learnt{};
};

class ClusterView {
 public:
  // Takes what a broker said. Topics with an error are forgotten where they are gone.
  void apply(const v1::MetadataResponse& response, env::MonotonicTime now);
  // A hint from a reply about the partition. Returns whether it was news.
  bool apply_hint(const std::string& topic, std::int32_t partition, const v1::LeaderHint& hint);
  // The partition's leader is not (any more) what we think: unknown until the next news.
  void forget_leader(const std::string& topic, std::int32_t partition);
  void forget_topic(const std::string& topic) { topics_.erase(topic); }

  const KnownTopic* topic(const std::string& name) const;
  // Null unless topic, partition, leader and the leader's address are known.
  const KnownLeader* leader(const std::string& topic, std::int32_t partition) const;
  std::optional<env::Endpoint> address(BrokerId broker) const;
  std::vector<env::Endpoint> addresses() const;  // Of all brokers that are not fenced.
  // Whether the cluster has given up the broker at that address.
  bool is_fenced(const env::Endpoint& address) const;
  std::vector<std::string> topics() const;

 private:
  KnownLeader* find(const std::string& topic, std::int32_t partition);

  std::map<BrokerId, env::Endpoint> brokers_;
  std::vector<BrokerId> fenced_;
  std::map<std::string, KnownTopic> topics_;
};

}  // namespace ropewalk::client
