#include <algorithm>
#include <cstdio>
#include <fstream>
#include <functional>
#include <iterator>

#include "client/cli/commands.h"
#include "client/cli/consent.h"
#include "client/cli/moves.h"

namespace ropewalk::cli {
namespace {

Result<std::vector<WantedReplicas>> wanted_by(const Reassign& command) {
  if (command.file.empty()) return command.wanted;
  std::ifstream file(command.file, std::ios::binary);
  if (!file) return fail(Errc::io_error, "{}: cannot be read", command.file);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  auto plan = parse_plan(text);
  if (!plan) return within(command.file, std::move(plan).error());
  return plan;
}

std::vector<std::string> topics_in(const std::vector<WantedReplicas>& wanted) {
  std::vector<std::string> names;
  for (const WantedReplicas& one : wanted) names.push_back(one.partition.topic);
  std::ranges::sort(names);
  names.erase(std::ranges::unique(names).begin(), names.end());
  return names;
}

std::vector<WantedReplicas> wanted_of(const MovePlan& plan) {
  std::vector<WantedReplicas> wanted;
  for (const Move& move : plan.moves) wanted.push_back({move.partition, move.to});
  return wanted;
}

Wanted any_of(std::vector<PartitionName> partitions) {
  std::ranges::sort(partitions);
  return [partitions = std::move(partitions)](const RunningReassignment& move) {
    return std::ranges::binary_search(partitions, move.partition);
  };
}

std::vector<PartitionName> partitions_of(const MovePlan& plan) {
  std::vector<PartitionName> names;
  for (const Move& move : plan.moves) names.push_back(move.partition);
  return names;
}

struct HowToMove {
  Consent consent;
  bool wait = false;
  bool json = false;
  std::string status_command;
  // What is done before anything is moved, once it may be; gives the plan as it is then.
  std::function<Result<MovePlan>()> prepare = {};
};

Result<void> none_is_stuck(const MovePlan& plan) {
  if (plan.stuck.empty()) return {};
  return fail(Errc::unknown_server_error, "replicas that have nowhere to go: {}",
              plan.stuck.size());
}

Result<void> move(Admin& admin, const MovePlan& plan, const HowToMove& how) {
  if (plan.moves.empty()) return how.json ? print(progress_json({})) : Result<void>();
  TRY_VOID(begin(admin, wanted_of(plan)));
  const Wanted these = any_of(partitions_of(plan));
  if (how.wait) TRY_VOID(wait_until_done(admin, these));
  if (how.json) {
    TRY(const auto moves, look(admin, these));
    return print(progress_json(moves));
  }
  return print(
      how.wait ? "done\n"
               : fmt::format("under way: ropewalk {} shows how far it is\n", how.status_command));
}

// Shows the plan, and carries it out if that may be.
Result<void> carry_out(Admin& admin, MovePlan plan, const HowToMove& how) {
  learn_bytes(admin, plan);
  if (!how.json || how.consent.dry_run)
    TRY_VOID(print(how.json ? plan_json(plan) : plan_text(plan)));
  if (!plan.moves.empty() || how.prepare) {
    TRY(const bool go, may_go_on(how.consent, how.prepare ? "Drain it?" : "Move them?"));
    if (!go) return how.consent.dry_run ? none_is_stuck(plan) : Result<void>();
    if (how.prepare) {
      TRY(plan, how.prepare());
    }
  }
  if (!how.consent.dry_run) TRY_VOID(move(admin, plan, how));
  return none_is_stuck(plan);
}

Result<MovePlan> plan_of_drain(Admin& admin, std::int32_t broker) {
  TRY(DrainPlan decided, admin.plan_drain(broker));
  MovePlan plan;
  plan.stuck = std::move(decided.stuck);
  for (PlannedMove& move : decided.moves)
    plan.moves.push_back({.partition = std::move(move.partition),
                          .from = std::move(move.from),
                          .to = std::move(move.to),
                          .leader = move.leader});
  return plan;
}

std::string drained_text(std::int32_t broker) {
  return fmt::format("broker {} gets no new replicas until `ropewalk cluster drain {} --end`\n",
                     broker, broker);
}

Result<void> end_drain(Admin& admin, std::int32_t broker, bool json) {
  TRY_VOID(admin.set_drained(broker, false));
  return json ? Result<void>() : print(fmt::format("broker {} may get new replicas\n", broker));
}

Result<bool> is_drained(Admin& admin, std::int32_t broker) {
  TRY(const ClusterStatus status, admin.cluster_status());
  return std::ranges::any_of(status.brokers, [broker](const BrokerStatus& each) {
    return each.broker_id == broker && each.drained;
  });
}

Wanted meant_by(const CancelReassignments& command) {
  return [command](const RunningReassignment& move) {
    if (command.leaving && !moves_from(*command.leaving)(move)) return false;
    if (!command.topic.empty() && move.partition.topic != command.topic) return false;
    return !command.partition || move.partition.partition == *command.partition;
  };
}

// What they have more than a drain that has ended: replicas for which there was no place.
Result<std::int32_t> replicas_left(Admin& admin, std::int32_t broker) {
  TRY(const std::vector<DescribedTopic> topics, admin.list_topics());
  std::int32_t left = 0;
  for (const DescribedTopic& topic : topics)
    for (const DescribedPartition& partition : topic.partitions)
      left += std::ranges::count(partition.replicas, broker) > 0 ? 1 : 0;
  return left;
}

}  // namespace

Result<void> run(Client& client, const Reassign& command) {
  Admin admin(client);
  TRY(const std::vector<WantedReplicas> wanted, wanted_by(command));
  TRY(const std::vector<DescribedTopic> topics, admin.describe_topics(topics_in(wanted)));
  TRY(MovePlan plan, plan_moves(wanted, topics));
  return carry_out(admin, std::move(plan),
                   {.consent = command.consent,
                    .wait = command.wait,
                    .json = command.json,
                    .status_command = "cluster reassign --status"});
}

Result<void> run(Client& client, const DrainBroker& command) {
  Admin admin(client);
  TRY(MovePlan plan, plan_of_drain(admin, command.broker));
  // What is made before it is closed to new replicas may be placed on it still.
  auto close = [&]() -> Result<MovePlan> {
    const auto closed = admin.set_drained(command.broker, true);
    if (closed && !command.json) TRY_VOID(print(drained_text(command.broker)));
    // Below the feature level that knows it the moves go on, as they always did.
    if (!closed && closed.error().code != Errc::unsupported_version) return fail(closed.error());
    if (!closed)
      fmt::print(stderr, "ropewalk: it may get new replicas meanwhile: {}\n",
                 closed.error().context);
    return plan_of_drain(admin, command.broker);
  };
  return carry_out(admin, std::move(plan),
                   {.consent = command.consent,
                    .wait = command.wait,
                    .json = command.json,
                    .status_command = fmt::format("cluster drain {} --status", command.broker),
                    .prepare = std::move(close)});
}

Result<void> run(Client& client, const EndDrain& command) {
  Admin admin(client);
  return end_drain(admin, command.broker, false);
}

Result<void> run(Client& client, const ShowReassignments& command) {
  Admin admin(client);
  const Wanted wanted = command.leaving ? moves_from(*command.leaving) : every_move();
  if (command.wait) TRY_VOID(wait_until_done(admin, wanted));
  TRY(const auto moves, look(admin, wanted));
  if (command.json) return print(progress_json(moves));
  std::string out = progress_text(moves);
  if (!command.leaving) return print(out);
  TRY(const std::int32_t left, replicas_left(admin, *command.leaving));
  out += fmt::format("replicas on broker {}: {}\n", *command.leaving, left);
  TRY(const bool drained, is_drained(admin, *command.leaving));
  if (drained) out += drained_text(*command.leaving);
  return print(out);
}

Result<void> run(Client& client, const CancelReassignments& command) {
  Admin admin(client);
  TRY(const auto moves, look(admin, meant_by(command)));
  if (!command.json || command.consent.dry_run)
    TRY_VOID(print(command.json ? progress_json(moves) : progress_text(moves)));
  if (!moves.empty()) {
    TRY(const bool go, may_go_on(command.consent, "Call them off?"));
    if (!go) return {};
    std::vector<WantedReplicas> off;
    for (const MoveProgress& progress : moves)
      off.push_back({progress.move.partition, std::nullopt});
    TRY_VOID(begin(admin, off));
  }
  if (command.leaving && !command.consent.dry_run)
    TRY_VOID(end_drain(admin, *command.leaving, command.json));
  if (command.json) return command.consent.dry_run ? Result<void>() : print(progress_json({}));
  return moves.empty() ? Result<void>() : print(fmt::format("called off {}\n", moves.size()));
}

Result<void> run(Client& client, const UnregisterBroker& command) {
  auto gone = Admin(client).unregister_broker(command.broker);
  if (!gone && gone.error().code == Errc::not_empty)
    return within(fmt::format("`ropewalk cluster drain {}` moves them", command.broker),
                  std::move(gone).error());
  if (!gone) return gone;
  return print(fmt::format("forgot broker {}\n", command.broker));
}

}  // namespace ropewalk::cli
