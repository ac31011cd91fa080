// What the messages of ask_leaders() have in common: how they name partitions, how their answers
// are taken.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "client/src/ask_leaders.h"
#include "common/wire/errors.h"

namespace ropewalk::client {

// Names the partition in the way that all requests to leaders share.
template <class Message>
Message& add_partition(const ClusterView& view, const PartitionName& name, Message& into) {
  into.set_topic_id(view.topic(name.topic)->id.to_bytes());
  into.set_partition(name.partition);
  into.set_leader_epoch(view.leader(name.topic, name.partition)->epoch.value());
  return into;
}

// Calls `note(index, answer)` for each partition that was not refused.
template <class Response, class Note>
Result<void> take_answers(ClusterView& view, LeaderRound& round,
                          const std::vector<std::size_t>& asked, ByteSpan body, Note note) {
  Response response;
  TRY_VOID(wire::parse(body, response));
  for (std::size_t i = 0;
       i < asked.size() && i < static_cast<std::size_t>(response.partitions_size()); i++) {
    const auto& said = response.partitions(static_cast<int>(i));
    if (said.has_error()) {
      TRY_VOID(round.refused(view, asked[i], said.error(),
                             said.has_current_leader() ? &said.current_leader() : nullptr));
      continue;
    }
    note(asked[i], said);
    round.set_answered(asked[i]);
  }
  return {};
}

template <class Request>
Link::Encode encode_request(Request request) {
  return [request = std::move(request)](const v1::RequestHeader& header) {
    return std::vector<SharedBytes>{wire::encode_frame(header, request)};
  };
}

template <class Asked>
std::shared_ptr<LeaderRound> round_about(const std::vector<Asked>& all) {
  std::vector<PartitionName> partitions;
  for (const Asked& one : all) partitions.push_back(one.partition);
  return std::make_shared<LeaderRound>(std::move(partitions));
}

}  // namespace ropewalk::client
