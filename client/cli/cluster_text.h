// The cluster as `cluster status`, `cluster brokers` and their `--json` show it. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <ropewalk/admin.h>

namespace ropewalk::cli {

// Of what is wrong only what is: a healthy cluster needs no zeros. Without a quorum: nobody tells
// who keeps the metadata.
std::string cluster_text(const ClusterStatus& status, const std::optional<MetadataQuorum>& quorum);
// One object in one line.
std::string cluster_json(const ClusterStatus& status, const std::optional<MetadataQuorum>& quorum);

// What the partitions of a broker come to. Counted over all topics.
struct BrokerShare {
  std::int32_t leads = 0;
  std::int32_t holds = 0;
  std::int32_t behind = 0;  // Of those held: not in the in-sync set.
};
BrokerShare share_of(std::int32_t broker_id, const std::vector<DescribedTopic>& topics);

std::string brokers_text(const ClusterStatus& status, const std::vector<DescribedTopic>& topics);
// One array in one line.
std::string brokers_json(const ClusterStatus& status, const std::vector<DescribedTopic>& topics);

}  // namespace ropewalk::cli
