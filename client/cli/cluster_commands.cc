#include "client/cli/cluster_text.h"
#include "client/cli/commands.h"

namespace ropewalk::cli {

Result<void> run(Client& client, const ShowCluster& command) {
  Admin admin(client);
  TRY(const ClusterStatus status, admin.cluster_status());
  std::optional<MetadataQuorum> quorum;
  // The controller has to say it: where none is known, what there is is shown without waiting.
  if (status.controller_id >= 0)
    if (auto told = admin.metadata_quorum()) quorum = std::move(*told);
  return print(command.json ? cluster_json(status, quorum) : cluster_text(status, quorum));
}

Result<void> run(Client& client, const ShowBrokers& command) {
  Admin admin(client);
  TRY(const ClusterStatus status, admin.cluster_status());
  TRY(const std::vector<DescribedTopic> topics, admin.list_topics());
  return print(command.json ? brokers_json(status, topics) : brokers_text(status, topics));
}

}  // namespace ropewalk::cli
