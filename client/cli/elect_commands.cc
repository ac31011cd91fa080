#include <algorithm>

#include "client/cli/commands.h"
#include "client/cli/consent.h"
#include "client/cli/elections.h"
#include "client/cli/in_portions.h"

namespace ropewalk::cli {
namespace {

using Partitions = std::vector<PartitionName>;

Result<std::vector<DescribedTopic>> topics_of(Admin& admin, const std::string& topic) {
  return topic.empty() ? admin.list_topics() : admin.describe_topics({topic});
}

// What the command names: some partitions of the topic, or all that were described. Errors:
// unknown_topic_or_partition.
Result<Partitions> named(const ElectLeaders& command, const std::vector<DescribedTopic>& topics) {
  Partitions partitions;
  for (const DescribedTopic& topic : topics)
    for (const DescribedPartition& partition : topic.partitions)
      partitions.push_back({topic.name, partition.partition});
  for (const std::int32_t index : command.partitions)
    if (std::ranges::count(partitions, PartitionName{command.topic, index}) == 0)
      return fail(Errc::unknown_topic_or_partition, "topic {} has {} partitions, no {}",
                  command.topic, partitions.size(), index);
  std::erase_if(partitions, [&](const PartitionName& each) {
    return !command.partitions.empty() &&
           std::ranges::count(command.partitions, each.partition) == 0;
  });
  return partitions;
}

Partitions names_of(const std::vector<Candidate>& candidates) {
  Partitions partitions;
  for (const Candidate& each : candidates) partitions.push_back(each.partition);
  return partitions;
}

Result<void> elect(Admin& admin, ElectionKind kind, const Partitions& partitions, bool json) {
  TRY(const auto elections, in_portions<PartitionElection>(partitions, [&](const Partitions& some) {
        return admin.elect_leaders(kind, some);
      }));
  TRY_VOID(print(json ? elections_json(elections) : elections_text(elections)));
  if (const std::size_t failed = count_failed(elections); failed > 0)
    return fail(Errc::unknown_server_error, "{} of {} partitions got no such leader", failed,
                elections.size());
  return {};
}

Result<void> elect_uncleanly(Admin& admin, const ElectLeaders& command, const Partitions& wanted,
                             const std::vector<DescribedTopic>& topics) {
  std::vector<Candidate> candidates = leaderless(topics);
  std::erase_if(candidates, [&](const Candidate& each) {
    return std::ranges::count(wanted, each.partition) == 0;
  });
  if (candidates.empty() || !command.json || command.consent.dry_run)
    TRY_VOID(print(command.json ? candidates_json(candidates) : unclean_text(candidates)));
  if (candidates.empty()) return {};
  TRY(const bool go, may_go_on(command.consent, "Elect, and lose what is missing?"));
  if (!go) return {};
  return elect(admin, ElectionKind::unclean, names_of(candidates), command.json);
}

}  // namespace

Result<void> run(Client& client, const ElectLeaders& command) {
  Admin admin(client);
  TRY(const std::vector<DescribedTopic> topics, topics_of(admin, command.topic));
  TRY(const Partitions partitions, named(command, topics));
  if (command.kind == ElectionKind::unclean)
    return elect_uncleanly(admin, command, partitions, topics);
  return elect(admin, ElectionKind::preferred, partitions, command.json);
}

Result<void> run(Client& client, const BalanceLeaders& command) {
  Admin admin(client);
  TRY(const std::vector<DescribedTopic> topics, admin.list_topics());
  std::vector<Candidate> candidates = unbalanced(topics);
  if (!command.json || command.consent.dry_run)
    TRY_VOID(print(command.json ? candidates_json(candidates) : balance_text(candidates)));
  std::erase_if(candidates, [](const Candidate& each) { return !each.stays.empty(); });
  if (candidates.empty())
    return command.json && !command.consent.dry_run ? print(elections_json({})) : Result<void>();
  TRY(const bool go, may_go_on(command.consent, "Move them?"));
  if (!go) return {};
  return elect(admin, ElectionKind::preferred, names_of(candidates), command.json);
}

}  // namespace ropewalk::cli
