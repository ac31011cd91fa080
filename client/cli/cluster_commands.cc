#include "client/cli/cluster_text.h"
#include "client/cli/commands.h"

namespace ropewalk::cli {

Result<void> run(Client& client, const ShowCluster& command) {
  TRY(const ClusterStatus status, Admin(client).cluster_status());
  return print(command.json ? cluster_json(status) : cluster_text(status));
}

Result<void> run(Client& client, const ShowBrokers& command) {
  Admin admin(client);
  TRY(const ClusterStatus status, admin.cluster_status());
  TRY(const std::vector<DescribedTopic> topics, admin.list_topics());
  return print(command.json ? brokers_json(status, topics) : brokers_text(status, topics));
}

}  // namespace ropewalk::cli
