#include "client/cli/cluster_text.h"

#include <algorithm>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "client/cli/table.h"
#include "client/cli/voters_text.h"

namespace ropewalk::cli {
namespace {

std::string state_of(const BrokerStatus& broker) {
  return fmt::format("{}{}", broker.fenced ? "fenced" : "alive", broker.drained ? ", drained" : "");
}

std::string mark_of(const BrokerStatus& broker, const ClusterStatus& status) {
  return broker.broker_id == status.controller_id ? "yes" : "";
}

std::string address_of(const BrokerStatus& broker) {
  return fmt::format("{}:{}", broker.host, broker.port);
}

boost::json::object object_of(const BrokerStatus& broker) {
  return {{"broker_id", broker.broker_id}, {"host", broker.host},     {"port", broker.port},
          {"rack", broker.rack},           {"fenced", broker.fenced}, {"drained", broker.drained}};
}

std::string partitions_line(const ClusterStatus& status) {
  std::string line = fmt::format("topics {}  partitions {}", status.topics, status.partitions);
  const auto add = [&](std::string_view what, std::int32_t count) {
    if (count != 0) line += fmt::format("  {} {}", what, count);
  };
  add("without leader", status.without_leader);
  add("under-replicated", status.under_replicated);
  add("below min.insync.replicas", status.under_min_in_sync);
  return line;
}

}  // namespace

std::string cluster_text(const ClusterStatus& status, const std::optional<MetadataQuorum>& quorum) {
  Table table({"BROKER", "ADDRESS", "STATE", "CONTROLLER"});
  for (const BrokerStatus& broker : status.brokers)
    table.add({fmt::format("{}", broker.broker_id), address_of(broker), state_of(broker),
               mark_of(broker, status)});
  const std::string id = status.cluster_id.empty() ? "(no id)" : status.cluster_id;
  const std::string voters = quorum ? voters_line(*quorum) : "no controller tells who votes";
  return fmt::format("cluster {}  feature level {}\n{}\n{}\n\n{}", id, status.feature_level,
                     partitions_line(status), voters, table.to_string());
}

std::string cluster_json(const ClusterStatus& status, const std::optional<MetadataQuorum>& quorum) {
  boost::json::array brokers;
  for (const BrokerStatus& broker : status.brokers) brokers.push_back(object_of(broker));
  boost::json::object object{{"cluster_id", status.cluster_id},
                             {"controller_id", status.controller_id},
                             {"feature_level", status.feature_level},
                             {"topics", status.topics},
                             {"partitions", status.partitions},
                             {"partitions_without_leader", status.without_leader},
                             {"partitions_under_replicated", status.under_replicated},
                             {"partitions_under_min_in_sync", status.under_min_in_sync},
                             {"brokers", std::move(brokers)}};
  object["metadata_quorum"] = quorum ? boost::json::value(voters_object(*quorum)) : nullptr;
  return boost::json::serialize(object) + "\n";
}

BrokerShare share_of(std::int32_t broker_id, const std::vector<DescribedTopic>& topics) {
  BrokerShare share;
  for (const DescribedTopic& topic : topics) {
    for (const DescribedPartition& partition : topic.partitions) {
      if (partition.leader == broker_id) share.leads++;
      if (std::ranges::count(partition.replicas, broker_id) == 0) continue;
      share.holds++;
      if (std::ranges::count(partition.in_sync_replicas, broker_id) == 0) share.behind++;
    }
  }
  return share;
}

std::string brokers_text(const ClusterStatus& status, const std::vector<DescribedTopic>& topics) {
  Table table({"BROKER", "ADDRESS", "RACK", "STATE", "CONTROLLER", "LEADS", "HOLDS", "BEHIND"});
  for (const BrokerStatus& broker : status.brokers) {
    const BrokerShare share = share_of(broker.broker_id, topics);
    table.add({fmt::format("{}", broker.broker_id), address_of(broker),
               broker.rack.empty() ? "-" : broker.rack, state_of(broker), mark_of(broker, status),
               fmt::format("{}", share.leads), fmt::format("{}", share.holds),
               fmt::format("{}", share.behind)});
  }
  return table.to_string();
}

std::string brokers_json(const ClusterStatus& status, const std::vector<DescribedTopic>& topics) {
  boost::json::array brokers;
  for (const BrokerStatus& broker : status.brokers) {
    const BrokerShare share = share_of(broker.broker_id, topics);
    boost::json::object object = object_of(broker);
    object["controller"] = broker.broker_id == status.controller_id;
    object["leads"] = share.leads;
    object["holds"] = share.holds;
    object["behind"] = share.behind;
    brokers.push_back(std::move(object));
  }
  return boost::json::serialize(brokers) + "\n";
}

}  // namespace ropewalk::cli
