#include <algorithm>
#include <fstream>
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
};

// Shows the plan, and carries it out if that may be.
Result<void> carry_out(Admin& admin, MovePlan plan, const HowToMove& how) {
  learn_bytes(admin, plan);
  if (!how.json || how.consent.dry_run)
    TRY_VOID(print(how.json ? plan_json(plan) : plan_text(plan)));
  if (!plan.moves.empty()) {
    TRY(const bool go, may_go_on(how.consent, "Move them?"));
    if (!go) return {};
    TRY_VOID(begin(admin, wanted_of(plan)));
    const Wanted these = any_of(partitions_of(plan));
    if (how.wait) TRY_VOID(wait_until_done(admin, these));
    if (how.json) {
      TRY(const auto moves, look(admin, these));
      TRY_VOID(print(progress_json(moves)));
    } else {
      TRY_VOID(print(how.wait ? "done\n"
                              : fmt::format("under way: ropewalk {} shows how far it is\n",
                                            how.status_command)));
    }
  } else if (how.json && !how.consent.dry_run) {
    TRY_VOID(print(progress_json({})));
  }
  if (!plan.stuck.empty())
    return fail(Errc::unknown_server_error, "replicas that have nowhere to go: {}",
                plan.stuck.size());
  return {};
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
  TRY(DrainPlan decided, admin.plan_drain(command.broker));
  MovePlan plan;
  plan.stuck = std::move(decided.stuck);
  for (PlannedMove& move : decided.moves)
    plan.moves.push_back({.partition = std::move(move.partition),
                          .from = std::move(move.from),
                          .to = std::move(move.to),
                          .leader = move.leader});
  return carry_out(admin, std::move(plan),
                   {.consent = command.consent,
                    .wait = command.wait,
                    .json = command.json,
                    .status_command = fmt::format("cluster drain {} --status", command.broker)});
}

Result<void> run(Client& client, const ShowReassignments& command) {
  Admin admin(client);
  const Wanted wanted = command.leaving ? moves_from(*command.leaving) : every_move();
  if (command.wait) TRY_VOID(wait_until_done(admin, wanted));
  TRY(const auto moves, look(admin, wanted));
  if (command.json) return print(progress_json(moves));
  std::string out = progress_text(moves);
  if (command.leaving) {
    TRY(const std::int32_t left, replicas_left(admin, *command.leaving));
    out += fmt::format("replicas on broker {}: {}\n", *command.leaving, left);
  }
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
