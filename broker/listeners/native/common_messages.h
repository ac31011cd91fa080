// What several messages share: topics by name or id, errors, leader hints.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "broker/service/leader_hint.h"
#include "broker/service/topic_name.h"
#include "common/error.h"
#include "common/wire/errors.h"
#include "ropewalk/v1/leader.pb.h"

namespace ropewalk::native {

// Errors: invalid_request (an id that has not 16 bytes).
Result<service::TopicRef> topic_ref(const std::string& name, const std::string& id);
// Where a name will not do. Errors: invalid_request (also no id).
Result<service::TopicRef> topic_of_id(const std::string& id);

// For requests in which a partition may stand once. Errors: invalid_request.
template <class Partition>
Result<void> check_each_once(const std::vector<Partition>& partitions) {
  if (partitions.size() < 2) return {};
  std::vector<std::pair<TopicId, std::int32_t>> ids;
  ids.reserve(partitions.size());
  for (const auto& partition : partitions) {
    ids.emplace_back(partition.topic.id, partition.partition);
  }
  std::ranges::sort(ids);
  const auto twice = std::ranges::adjacent_find(ids);
  if (twice == ids.end()) return {};
  return fail(Errc::invalid_request, "partition {} of topic {} stands in the request twice",
              twice->second, twice->first);
}

// Leaves the field `error` absent on success.
template <class Message>
void set_error_of(Message& message, const Error& error) {
  if (error.code != Errc::none) wire::set_error(*message.mutable_error(), error);
}

// What went wrong first in the parts of an answer; null: nothing.
template <class Part>
const Error* first_error(const std::vector<Part>& parts) {
  for (const Part& part : parts) {
    if (part.error.code != Errc::none) return &part.error;
  }
  return nullptr;
}

// Leaves the field `current_leader` absent where there is nothing to tell.
template <class Message>
void set_hint_of(Message& message, const service::LeaderHint& hint) {
  if (hint == service::LeaderHint{}) return;
  v1::LeaderHint& into = *message.mutable_current_leader();
  into.set_broker_id(hint.leader.value());
  into.set_leader_epoch(hint.epoch.value());
  into.set_host(hint.host);
  into.set_port(hint.port);
}

// Which partition a request asks about, and the epoch that its leader must have. Errors:
// invalid_request.
template <class Asked, class Partition>
Result<void> read_target(const Asked& asked, Partition& partition) {
  TRY(partition.topic, topic_of_id(asked.topic_id()));
  partition.partition = asked.partition();
  if (asked.has_leader_epoch()) partition.leader_epoch = LeaderEpoch(asked.leader_epoch());
  return {};
}

// The answer about that partition: which one it was, what went wrong, who leads.
template <class Asked, class Answer, class Message>
void write_target(const Asked& asked, const Answer& answer, Message& into) {
  into.set_topic_id(asked.topic_id());
  into.set_partition(asked.partition());
  set_error_of(into, answer.error);
  set_hint_of(into, answer.current_leader);
}

}  // namespace ropewalk::native
