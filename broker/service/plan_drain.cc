#include "broker/service/plan_drain.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "broker/controller/drain_plan.h"
#include "broker/controller/elections.h"
#include "broker/metadata/broker_settings.h"
#include "broker/metadata/metadata_view.h"
#include "broker/service/partition_refs.h"

namespace ropewalk::service {
namespace {

std::string why_stuck(const metadata::Image& image, BrokerId leaves,
                      const metadata::Partition& partition) {
  std::vector<std::int32_t> away, drained;
  for (const auto& [id, _] : image.brokers()) {
    if (id == leaves) continue;
    if (!controller::is_active(image, id))
      away.push_back(id.value());
    else if (metadata::is_drained(image, id))
      drained.push_back(id.value());
  }
  std::string reason = fmt::format("it wants {} replicas, and no further broker is alive",
                                   partition.replicas.size());
  if (!drained.empty()) reason += fmt::format(" and not drained ({})", fmt::join(drained, ", "));
  if (!away.empty()) reason += fmt::format(" (not alive: {})", fmt::join(away, ", "));
  return reason + "; give it fewer, or start another broker";
}

TopicRef ref_of(const metadata::Image& image, const TopicPartition& id) {
  return {.name = image.topic(id.topic)->name, .id = id.topic};
}

void sort_by_name(auto& list) {
  std::ranges::sort(list, {},
                    [](const auto& each) { return std::tie(each.topic.name, each.partition); });
}

}  // namespace

Result<DrainPlan> PlanDrain::handle(const security::RequestContext& context,
                                    BrokerId broker) const {
  TRY_VOID(may_operate(parts_, context, security::Operation::describe));
  const metadata::ImagePtr image = parts_.metadata.get();
  if (image->broker(broker) == nullptr)
    return fail(Errc::broker_id_not_registered, "there is no broker {}", broker);
  controller::DrainPlan decided = controller::plan_drain(*image, broker);
  DrainPlan plan;
  plan.metadata_offset = image->offset();
  for (metadata::Reassignment& move : decided.moves) {
    const metadata::Partition& partition = *image->partition(move.partition);
    plan.moves.push_back({.topic = ref_of(*image, move.partition),
                          .partition = partition.index.value(),
                          .from = partition.replicas,
                          .to = *std::move(move.replicas),
                          .leader = partition.leader});
  }
  for (const TopicPartition& id : decided.stuck) {
    const metadata::Partition& partition = *image->partition(id);
    plan.stuck.push_back({.topic = ref_of(*image, id),
                          .partition = partition.index.value(),
                          .replicas = partition.replicas,
                          .reason = why_stuck(*image, broker, partition)});
  }
  sort_by_name(plan.moves);
  sort_by_name(plan.stuck);
  return plan;
}

}  // namespace ropewalk::service
