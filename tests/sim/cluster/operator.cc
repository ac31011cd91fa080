#include "tests/sim/cluster/operator.h"

#include <numeric>
#include <utility>

namespace ropewalk::testing {

using namespace std::chrono_literals;

Operator::Operator(SimCluster& cluster, Client& client, std::vector<PartitionName> partitions,
                   std::size_t copies, env::Random random)
    : cluster_(cluster),
      admin_(client),
      partitions_(std::move(partitions)),
      copies_(copies),
      random_(std::move(random)),
      topics_(cluster, client, copies, env::Random(random_())) {}

std::map<std::string, std::uint64_t, std::less<>> Operator::counts() const {
  auto all = counts_;
  all.insert(topics_.counts().begin(), topics_.counts().end());
  return all;
}

void Operator::step() {
  switch (random_.below(10)) {
    case 8:
    case 9:
      return topics_.step();
    case 0:
    case 1:
      return elect();
    case 2:
      return drain();
    case 3:
      return call_one_off();
    default:
      return move_one();
  }
}

void Operator::move_one() {
  std::vector<std::int32_t> brokers(cluster_.brokers());
  std::iota(brokers.begin(), brokers.end(), 1);
  for (std::size_t i = brokers.size() - 1; i > 0; i--)
    std::swap(brokers[i], brokers[random_.below(i + 1)]);
  brokers.resize(copies_);
  const auto altered = admin_.alter_reassignments({{any_partition(), std::move(brokers)}});
  if (altered && altered->front().error.code == Errc::none) counts_["moves"]++;
}

void Operator::call_one_off() {
  const auto altered = admin_.alter_reassignments({{any_partition(), std::nullopt}});
  if (altered && altered->front().error.code == Errc::none) counts_["called off"]++;
}

void Operator::elect() {
  const auto elected = admin_.elect_leaders(ElectionKind::preferred, partitions_);
  if (!elected) return;
  for (const PartitionElection& one : *elected)
    if (one.error.code == Errc::none) counts_["preferred leaders"]++;
}

void Operator::drain() {
  const auto broker = static_cast<std::int32_t>(1 + random_.below(cluster_.brokers()));
  const auto plan = admin_.plan_drain(broker);
  if (!plan || plan->moves.empty()) return;
  std::vector<WantedReplicas> wanted;
  for (const PlannedMove& move : plan->moves) wanted.push_back({move.partition, move.to});
  const auto altered = admin_.alter_reassignments(wanted);
  if (altered && altered->front().error.code == Errc::none) counts_["drains"]++;
}

bool Operator::all_is_done(sim::Duration limit) {
  const sim::Duration until = cluster_.world().now() + limit;
  while (cluster_.world().now() < until) {
    const auto running = admin_.list_reassignments();
    if (running && running->empty()) return true;
    cluster_.world().run_for(500ms);
  }
  return false;
}

}  // namespace ropewalk::testing
