#include "client/src/offsets.h"

#include <algorithm>
#include <map>

#include "common/wire/errors.h"
#include "ropewalk/v1/offsets.pb.h"

namespace ropewalk::client {
namespace {

constexpr env::Duration kMissingTopicGrace = std::chrono::seconds(3);

v1::OffsetQuery query_of(OffsetWanted wanted) {
  switch (wanted) {
    case OffsetWanted::earliest:
      return v1::OFFSET_EARLIEST;
    case OffsetWanted::latest:
      return v1::OFFSET_LATEST;
    case OffsetWanted::by_timestamp:
      return v1::OFFSET_BY_TIMESTAMP;
    case OffsetWanted::max_timestamp:
      return v1::OFFSET_MAX_TIMESTAMP;
  }
  return v1::OFFSET_LATEST;
}

// The questions and what is answered of them so far.
struct Round {
  std::vector<OffsetQuestion> questions;
  std::vector<OffsetAnswer> answers;
  std::vector<bool> answered;
  Error last{Errc::leader_not_available, ""};  // Why the latest attempt failed.

  bool complete() const {
    return std::ranges::all_of(answered, [](bool one) { return one; });
  }
};

v1::ListOffsetsRequest request_for(const ClusterView& view, const Round& round,
                                   const std::vector<std::size_t>& asked) {
  v1::ListOffsetsRequest request;
  for (const std::size_t index : asked) {
    const OffsetQuestion& question = round.questions[index];
    const PartitionName& name = question.partition;
    v1::ListOffsetsPartition* partition = request.add_partitions();
    partition->set_topic_id(view.topic(name.topic)->id.to_bytes());
    partition->set_partition(name.partition);
    partition->set_leader_epoch(view.leader(name.topic, name.partition)->epoch.value());
    partition->set_query(query_of(question.wanted));
    partition->set_timestamp_ms(question.timestamp.time_since_epoch().count());
  }
  return request;
}

// Notes the answers of one broker. Errors: what does not pass.
Result<void> take_answers(ClusterView& view, Round& round, const std::vector<std::size_t>& asked,
                          const v1::ListOffsetsResponse& response) {
  for (std::size_t i = 0;
       i < asked.size() && i < static_cast<std::size_t>(response.partitions_size()); i++) {
    const v1::ListedOffset& said = response.partitions(static_cast<int>(i));
    const PartitionName& name = round.questions[asked[i]].partition;
    if (said.has_error()) {
      round.last = wire::from_proto(said.error());
      if (!is_retriable(round.last.code)) return within(to_string(name), round.last);
      const bool hinted = said.has_current_leader() &&
                          view.apply_hint(name.topic, name.partition, said.current_leader());
      if (round.last.code == Errc::unknown_topic_id) {
        view.forget_topic(name.topic);
      } else if (!hinted) {
        view.forget_leader(name.topic, name.partition);
      }
      continue;
    }
    OffsetAnswer& answer = round.answers[asked[i]];
    answer.offset = said.offset();
    if (said.timestamp_ms() >= 0 && round.questions[asked[i]].wanted != OffsetWanted::latest &&
        round.questions[asked[i]].wanted != OffsetWanted::earliest)
      answer.timestamp = Timestamp(std::chrono::milliseconds(said.timestamp_ms()));
    round.answered[asked[i]] = true;
  }
  return {};
}

// Learns the leaders that are not known. Errors: a topic or partition that is not there and has not
// been for a while.
Task<Result<void>> learn_leaders(std::shared_ptr<Shell> shell, std::shared_ptr<Round> round,
                                 env::MonotonicTime began, env::MonotonicTime deadline) {
  std::vector<std::string> topics;
  for (std::size_t i = 0; i < round->questions.size(); i++) {
    const PartitionName& name = round->questions[i].partition;
    if (round->answered[i] || shell->view().leader(name.topic, name.partition) != nullptr) continue;
    if (std::ranges::find(topics, name.topic) == topics.end()) topics.push_back(name.topic);
  }
  if (topics.empty()) co_return Result<void>();
  CO_TRY_VOID(co_await Shell::refresh(shell, std::move(topics), deadline));
  if (shell->now() - began < kMissingTopicGrace) co_return Result<void>();
  for (std::size_t i = 0; i < round->questions.size(); i++) {
    const PartitionName& name = round->questions[i].partition;
    if (round->answered[i]) continue;
    const KnownTopic* topic = shell->view().topic(name.topic);
    if (topic == nullptr)
      co_return fail(Errc::unknown_topic_or_partition, "there is no topic {}", name.topic);
    if (name.partition < 0 || static_cast<std::size_t>(name.partition) >= topic->partitions.size())
      co_return fail(Errc::unknown_topic_or_partition, "topic {} has {} partitions, no {}",
                     name.topic, topic->partitions.size(), name.partition);
  }
  co_return Result<void>();
}

}  // namespace

Task<Result<std::vector<OffsetAnswer>>> list_offsets(std::shared_ptr<Shell> shell,
                                                     std::vector<OffsetQuestion> questions,
                                                     env::MonotonicTime deadline) {
  auto round = std::make_shared<Round>();
  for (const OffsetQuestion& question : questions)
    round->answers.push_back({.partition = question.partition, .offset = -1, .timestamp = {}});
  round->answered.resize(questions.size());
  round->questions = std::move(questions);
  const env::MonotonicTime began = shell->now();
  for (int attempts = 0; !round->complete(); attempts++) {
    if (attempts > 0) {
      const env::MonotonicTime again = shell->now() + shell->backoff(attempts - 1);
      if (again >= deadline)
        co_return fail(Errc::request_timed_out, "finding offsets: {}", to_string(round->last));
      const bool slept = co_await shell->core().sleep_until(again);
      if (!slept) co_return fail(Errc::cancelled, "");
    }
    CO_TRY_VOID(co_await learn_leaders(shell, round, began, deadline));
    std::map<BrokerId, std::vector<std::size_t>> by_broker;
    for (std::size_t i = 0; i < round->questions.size(); i++) {
      const PartitionName& name = round->questions[i].partition;
      if (round->answered[i]) continue;
      if (const KnownLeader* leader = shell->view().leader(name.topic, name.partition))
        by_broker[leader->broker].push_back(i);
    }
    for (const auto& [broker, asked] : by_broker) {
      // What another broker's answer has moved is asked for in the next round.
      std::vector<std::size_t> still;
      for (const std::size_t i : asked) {
        const PartitionName& name = round->questions[i].partition;
        const KnownLeader* leader = shell->view().leader(name.topic, name.partition);
        if (leader != nullptr && leader->broker == broker) still.push_back(i);
      }
      auto link = shell->link_to_broker(broker);
      if (still.empty() || !link) continue;
      Link::Encode encode =
          [request = request_for(shell->view(), *round, still)](const v1::RequestHeader& header) {
            return std::vector<SharedBytes>{wire::encode_frame(header, request)};
          };
      auto reply =
          co_await Link::call(link, v1::API_LIST_OFFSETS, std::move(encode), deadline, nullptr);
      if (!reply) {
        round->last = reply.error();
        if (round->last.code == Errc::cancelled) co_return fail(round->last);
        for (const std::size_t i : still)
          shell->view().forget_leader(round->questions[i].partition.topic,
                                      round->questions[i].partition.partition);
        continue;
      }
      v1::ListOffsetsResponse response;
      CO_TRY_VOID(wire::parse(reply->body.span(), response));
      CO_TRY_VOID(take_answers(shell->view(), *round, still, response));
    }
  }
  co_return std::move(round->answers);
}

}  // namespace ropewalk::client
