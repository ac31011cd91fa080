#include "client/cli/elections.h"

#include <algorithm>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "client/cli/table.h"

namespace ropewalk::cli {
namespace {

using Ids = std::vector<std::int32_t>;

std::string leader_text(std::int32_t leader) {
  return leader < 0 ? "none" : fmt::format("{}", leader);
}

std::string joined(const Ids& ids) {
  return ids.empty() ? "-" : fmt::format("{}", fmt::join(ids, ","));
}

std::string why_it_stays(const DescribedPartition& partition) {
  const std::int32_t first = partition.replicas.front();
  if (std::ranges::count(partition.offline_replicas, first) > 0)
    return fmt::format("broker {} is not there", first);
  if (std::ranges::count(partition.in_sync_replicas, first) == 0)
    return fmt::format("broker {} is not in sync", first);
  return {};
}

Candidate candidate_of(const DescribedTopic& topic, const DescribedPartition& partition) {
  return {.partition = {.topic = topic.name, .partition = partition.partition},
          .leader = partition.leader,
          .preferred = partition.replicas.front(),
          .replicas = partition.replicas,
          .offline = partition.offline_replicas};
}

std::string outcome_of(const PartitionElection& election) {
  if (election.error.code == Errc::none) return "elected";
  if (election.error.code == Errc::election_not_needed) return "not needed";
  return fmt::format("failed: {}", to_string(election.error));
}

}  // namespace

std::vector<Candidate> unbalanced(const std::vector<DescribedTopic>& topics) {
  std::vector<Candidate> candidates;
  for (const DescribedTopic& topic : topics) {
    for (const DescribedPartition& partition : topic.partitions) {
      if (partition.replicas.empty() || partition.leader == partition.replicas.front()) continue;
      candidates.push_back(candidate_of(topic, partition));
      candidates.back().stays = why_it_stays(partition);
    }
  }
  return candidates;
}

std::vector<Candidate> leaderless(const std::vector<DescribedTopic>& topics) {
  std::vector<Candidate> candidates;
  for (const DescribedTopic& topic : topics) {
    for (const DescribedPartition& partition : topic.partitions) {
      if (partition.replicas.empty() || partition.leader >= 0) continue;
      candidates.push_back(candidate_of(topic, partition));
      if (partition.offline_replicas.size() == partition.replicas.size())
        candidates.back().stays = "no replica is there; if a disk was replaced, it begins empty";
    }
  }
  return candidates;
}

std::string balance_text(const std::vector<Candidate>& candidates) {
  if (candidates.empty()) return "every partition is led by the first of its replicas\n";
  Table table({"TOPIC", "PARTITION", "LEADER", "TO BE", ""});
  std::size_t moves = 0;
  for (const Candidate& each : candidates) {
    moves += each.stays.empty() ? 1 : 0;
    table.add({each.partition.topic, fmt::format("{}", each.partition.partition),
               leader_text(each.leader), fmt::format("{}", each.preferred),
               each.stays.empty() ? "" : "stays: " + each.stays});
  }
  return fmt::format("{}\nleaderships to move: {}\n", table.to_string(), moves);
}

std::string unclean_text(const std::vector<Candidate>& candidates) {
  if (candidates.empty()) return "every partition has a leader: nothing to elect uncleanly\n";
  Table table({"TOPIC", "PARTITION", "REPLICAS", "NOT THERE", ""});
  for (const Candidate& each : candidates)
    table.add({each.partition.topic, fmt::format("{}", each.partition.partition),
               joined(each.replicas), joined(each.offline),
               each.stays.empty() ? "" : "stays: " + each.stays});
  return fmt::format(
      "{}\nWhoever is there will lead, and the records that it lacks are LOST for good, also those "
      "that were acknowledged.\n",
      table.to_string());
}

std::string candidates_json(const std::vector<Candidate>& candidates) {
  boost::json::array all;
  for (const Candidate& each : candidates)
    all.push_back(boost::json::object{
        {"topic", each.partition.topic},
        {"partition", each.partition.partition},
        {"leader", each.leader},
        {"preferred", each.preferred},
        {"replicas", boost::json::array(each.replicas.begin(), each.replicas.end())},
        {"offline_replicas", boost::json::array(each.offline.begin(), each.offline.end())},
        {"stays", each.stays}});
  return boost::json::serialize(all) + "\n";
}

std::string elections_text(const std::vector<PartitionElection>& elections) {
  Table table({"TOPIC", "PARTITION", "LEADER", "RESULT"});
  for (const PartitionElection& election : elections)
    table.add({election.partition.topic, fmt::format("{}", election.partition.partition),
               leader_text(election.leader), outcome_of(election)});
  return table.to_string();
}

std::string elections_json(const std::vector<PartitionElection>& elections) {
  boost::json::array all;
  for (const PartitionElection& election : elections) {
    const bool failed = election.error.code != Errc::none;
    all.push_back(boost::json::object{
        {"topic", election.partition.topic},
        {"partition", election.partition.partition},
        {"leader", election.leader},
        {"leader_epoch", election.leader_epoch},
        {"error", failed ? boost::json::value(to_string(election.error)) : nullptr}});
  }
  return boost::json::serialize(all) + "\n";
}

std::size_t count_failed(const std::vector<PartitionElection>& elections) {
  return static_cast<std::size_t>(
      std::ranges::count_if(elections, [](const PartitionElection& election) {
        return election.error.code != Errc::none &&
               election.error.code != Errc::election_not_needed;
      }));
}

}  // namespace ropewalk::cli
