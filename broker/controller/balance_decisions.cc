// Leaderships go back to the first replicas, as placement meant them to be spread.
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "broker/controller/controller.h"
#include "broker/controller/elections.h"

namespace ropewalk::controller {
namespace {

using metadata::Image;
using metadata::PartitionChangeRecord;
using metadata::TopicPtr;

// Kafka's leader.imbalance.per.broker.percentage: of what a broker is to lead others may have so
// much.
constexpr std::uint64_t kElsewherePercent = 10;
// At a time: each is a short pause to its clients.
constexpr std::size_t kMovesMax = 1000;

struct Tally {
  std::uint64_t meant = 0;
  std::uint64_t elsewhere = 0;
  bool is_out_of_balance() const { return elsewhere * 100 > meant * kElsewherePercent; }
};

std::map<BrokerId, Tally> count_leaders(const Image& image) {
  std::map<BrokerId, Tally> tallies;
  image.topics().for_each([&](const TopicId&, const TopicPtr& topic) {
    for (const auto& partition : topic->partitions) {
      Tally& tally = tallies[partition->replicas.front()];
      tally.meant++;
      tally.elsewhere += partition->leader == partition->replicas.front() ? 0 : 1;
    }
  });
  return tallies;
}

std::vector<PartitionChangeRecord> plan_moves(const Image& image) {
  auto tallies = count_leaders(image);
  std::vector<PartitionChangeRecord> moves;
  image.topics().for_each([&](const TopicId& id, const TopicPtr& topic) {
    for (const auto& partition : topic->partitions) {
      if (partition->leader == kNoBroker || moves.size() >= kMovesMax) continue;
      if (!tallies[partition->replicas.front()].is_out_of_balance()) continue;
      auto move = elect_preferred(image, {id, partition->index.value()}, *partition);
      if (move) moves.push_back(*std::move(move));
    }
  });
  return moves;
}

}  // namespace

void Controller::balance_leaders(Batch& batch, Time now) {
  if (now < next_balance_) return;
  next_balance_ = now + options_.balance_every;
  for (PartitionChangeRecord& move : plan_moves(batch.image())) batch.add(std::move(move));
}

}  // namespace ropewalk::controller
