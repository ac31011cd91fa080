// Use case: who is in the cluster, which topics there are, who leads what.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/security/request_context.h"
#include "broker/service/service.h"
#include "broker/service/topic_name.h"

namespace ropewalk::service {

struct MetadataRequest {
  bool all_topics = false;       // Those that the caller may see; `topics` must be empty then.
  std::vector<TopicRef> topics;  // Neither: only the brokers.
};

struct BrokerMetadata {
  BrokerId id = kNoBroker;
  std::string host;  // Of the listener that was asked.
  std::uint16_t port = 0;
  std::string rack;
  bool fenced = false;
  bool drained = false;
};

struct PartitionMetadata {
  std::int32_t partition = 0;
  BrokerId leader = kNoBroker;  // kNoBroker: none now.
  LeaderEpoch leader_epoch;
  PartitionEpoch partition_epoch;
  std::vector<BrokerId> replicas;
  std::vector<BrokerId> in_sync;
  std::vector<BrokerId> eligible;
  std::vector<BrokerId> offline;
  std::vector<BrokerId> adding;
  std::vector<BrokerId> removing;
  std::string durability;  // "synced", "syncing" or "replicated".
  std::string problem;     // In descriptions: why the answering broker does not serve it, in words.
};

struct TopicMetadata {
  Error error{Errc::none, {}};
  std::string name;
  TopicId id;
  std::vector<PartitionMetadata> partitions;  // By index, without gaps from 0.
};

struct MetadataResponse {
  Error error{Errc::none, {}};  // Of the whole request.
  ClusterId cluster_id;
  BrokerId controller = kNoBroker;
  std::int32_t feature_level = 0;
  Offset metadata_offset;  // What the answer is as of.
  std::vector<BrokerMetadata> brokers;
  std::vector<TopicMetadata> topics;
};

// What an answer about all topics is as of.
struct MetadataStamp {
  Offset metadata_offset;
  BrokerId controller = kNoBroker;
  auto operator<=>(const MetadataStamp&) const = default;
};

class Metadata {
 public:
  explicit Metadata(const Parts& parts) : parts_(parts) {}
  // On any data core. Per topic: unknown_topic_or_partition, unknown_topic_id, invalid_topic,
  // topic_authorization_failed.
  MetadataResponse handle(const security::RequestContext& context,
                          const MetadataRequest& request) const;
  // As long as it is the same, so is the answer about all topics to whoever sees all of them and
  // has reached this broker at the same address. Nothing: the caller does not see all.
  std::optional<MetadataStamp> stamp_of_all(const security::RequestContext& context) const;

 private:
  const Parts& parts_;
};

}  // namespace ropewalk::service
