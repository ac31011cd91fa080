#include <boost/json.hpp>

#include "client/cli/commands.h"
#include "client/cli/table.h"

namespace ropewalk::cli {

Result<void> run(Client& client, const ShowCluster& command) {
  TRY(const ClusterStatus status, Admin(client).cluster_status());
  if (command.json) {
    boost::json::array brokers;
    for (const BrokerStatus& broker : status.brokers)
      brokers.push_back(boost::json::object{{"broker_id", broker.broker_id},
                                            {"host", broker.host},
                                            {"port", broker.port},
                                            {"rack", broker.rack},
                                            {"fenced", broker.fenced}});
    const boost::json::object object{{"cluster_id", status.cluster_id},
                                     {"controller_id", status.controller_id},
                                     {"feature_level", status.feature_level},
                                     {"brokers", std::move(brokers)}};
    return print(boost::json::serialize(object) + "\n");
  }
  Table table({"BROKER", "ADDRESS", "STATE", "CONTROLLER"});
  for (const BrokerStatus& broker : status.brokers)
    table.add({fmt::format("{}", broker.broker_id), fmt::format("{}:{}", broker.host, broker.port),
               broker.fenced ? "fenced" : "alive",
               broker.broker_id == status.controller_id ? "yes" : ""});
  const std::string id = status.cluster_id.empty() ? "(no id)" : status.cluster_id;
  return print(fmt::format("cluster {}  feature level {}\n\n{}", id, status.feature_level,
                           table.to_string()));
}

}  // namespace ropewalk::cli
