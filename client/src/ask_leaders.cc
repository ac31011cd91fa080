#include "client/src/ask_leaders.h"

#include <algorithm>
#include <map>

#include "common/wire/errors.h"

namespace ropewalk::client {
namespace {

constexpr env::Duration kMissingTopicGrace = std::chrono::seconds(3);

// Learns the leaders that are not known. Errors: a topic or partition that is not there and has not
// been for a while.
Task<Result<void>> learn_leaders(std::shared_ptr<Shell> shell, std::shared_ptr<LeaderRound> round,
                                 env::MonotonicTime began, env::MonotonicTime deadline) {
  std::vector<std::string> topics;
  for (std::size_t i = 0; i < round->size(); i++) {
    const PartitionName& name = round->partition(i);
    if (round->answered(i) || shell->view().leader(name.topic, name.partition) != nullptr) continue;
    if (std::ranges::find(topics, name.topic) == topics.end()) topics.push_back(name.topic);
  }
  if (topics.empty()) co_return Result<void>();
  CO_TRY_VOID(co_await Shell::refresh(shell, std::move(topics), deadline));
  if (shell->now() - began < kMissingTopicGrace) co_return Result<void>();
  for (std::size_t i = 0; i < round->size(); i++) {
    const PartitionName& name = round->partition(i);
    if (round->answered(i)) continue;
    const KnownTopic* topic = shell->view().topic(name.topic);
    if (topic == nullptr) {
      const Error* why = shell->view().why_unknown(name.topic);
      if (why == nullptr || why->code == Errc::unknown_topic_or_partition)
        co_return fail(Errc::unknown_topic_or_partition, "there is no topic {}", name.topic);
      if (!is_retriable(why->code)) co_return fail(*why);
      round->last = *why;
      continue;
    }
    if (name.partition < 0 || static_cast<std::size_t>(name.partition) >= topic->partitions.size())
      co_return fail(Errc::unknown_topic_or_partition, "topic {} has {} partitions, no {}",
                     name.topic, topic->partitions.size(), name.partition);
  }
  co_return Result<void>();
}

std::map<BrokerId, std::vector<std::size_t>> by_leader(const ClusterView& view,
                                                       const LeaderRound& round) {
  std::map<BrokerId, std::vector<std::size_t>> by_broker;
  for (std::size_t i = 0; i < round.size(); i++) {
    const PartitionName& name = round.partition(i);
    if (round.answered(i)) continue;
    if (const KnownLeader* leader = view.leader(name.topic, name.partition))
      by_broker[leader->broker].push_back(i);
  }
  return by_broker;
}

bool all_moved(const ClusterView& view, const LeaderRound& round,
               const std::vector<std::size_t>& asked, BrokerId broker) {
  return std::ranges::none_of(asked, [&](std::size_t i) {
    const PartitionName& name = round.partition(i);
    const KnownLeader* leader = view.leader(name.topic, name.partition);
    return leader == nullptr || leader->broker == broker;
  });
}

// Asks one broker. Errors: what does not pass.
Task<Result<void>> ask_one(std::shared_ptr<Shell> shell, std::shared_ptr<LeaderRound> round,
                           const LeaderCall& call, BrokerId broker, std::vector<std::size_t> asked,
                           env::MonotonicTime deadline) {
  // What another broker's answer has moved is asked for in the next round.
  std::erase_if(asked, [&](std::size_t i) {
    const PartitionName& name = round->partition(i);
    const KnownLeader* leader = shell->view().leader(name.topic, name.partition);
    return leader == nullptr || leader->broker != broker;
  });
  auto link = shell->link_to_broker(broker);
  if (asked.empty() || !link) co_return Result<void>();
  Patience patience{.deadline = deadline, .moved = [shell, round, asked, broker] {
                      return all_moved(shell->view(), *round, asked, broker);
                    }};
  auto reply = co_await Link::call(link, call.api, call.encode(shell->view(), asked),
                                   std::move(patience), nullptr);
  if (reply) {
    auto taken = call.take(shell->view(), asked, reply->body.span());
    const bool all = std::ranges::all_of(asked, [&](std::size_t i) { return round->answered(i); });
    if (!all) shell->doubt(broker);
    co_return taken;
  }
  round->last = reply.error();
  if (round->last.code == Errc::cancelled) co_return fail(round->last);
  for (const std::size_t i : asked) shell->forget_leader(round->partition(i));
  co_return Result<void>();
}

}  // namespace

bool LeaderRound::complete() const {
  return std::ranges::all_of(answered_, [](bool one) { return one; });
}

Result<void> LeaderRound::refused(ClusterView& view, std::size_t index, const v1::Error& error,
                                  const v1::LeaderHint* hint) {
  const PartitionName& name = partitions_[index];
  last = wire::from_proto(error);
  if (!is_retriable(last.code)) return within(to_string(name), last);
  const bool hinted = hint != nullptr && view.apply_hint(name.topic, name.partition, *hint);
  if (!hinted) view.forget_leader(name.topic, name.partition);
  return {};
}

Task<Result<void>> ask_leaders(std::shared_ptr<Shell> shell, std::shared_ptr<LeaderRound> round,
                               LeaderCall call, env::MonotonicTime deadline) {
  const env::MonotonicTime began = shell->now();
  for (int attempts = 0; !round->complete(); attempts++) {
    if (attempts > 0) {
      const env::MonotonicTime again = shell->now() + shell->backoff(attempts - 1);
      if (again >= deadline)
        co_return fail(Errc::request_timed_out, "{}: {}", call.doing, to_string(round->last));
      const bool slept = co_await shell->core().sleep_until(again);
      if (!slept) co_return fail(Errc::cancelled, "");
    }
    CO_TRY_VOID(co_await learn_leaders(shell, round, began, deadline));
    for (auto& [broker, asked] : by_leader(shell->view(), *round))
      CO_TRY_VOID(co_await ask_one(shell, round, call, broker, std::move(asked), deadline));
  }
  co_return Result<void>();
}

}  // namespace ropewalk::client
