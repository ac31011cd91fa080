#include <set>
#include <string>
#include <utility>
#include <vector>

#include "broker/listeners/kafka/calls/partitions.h"
#include "broker/listeners/kafka/calls/serve.h"
#include "broker/listeners/kafka/calls/timeout.h"
#include "broker/listeners/kafka/exchange/errors.h"

namespace ropewalk::kafka {
namespace {

// By name in every version; by id, or by name, where the version has a list of both.
std::vector<DeleteTopicState> states_of(DeleteTopicsRequest& message) {
  std::vector<DeleteTopicState> states = std::move(message.topics);
  for (std::string& name : message.topic_names)
    states.push_back({.name = std::move(name), .topic_id = {}});
  return states;
}

Result<void> check(const DeleteTopicState& state) {
  if (state.name.has_value() != state.topic_id.is_none())
    return fail(Errc::invalid_request, "a topic is meant by its name or by its id: one of them");
  return {};
}

DeletedTopic write_topic(DeleteTopicState state,
                         const Result<service::DeleteTopicResponse>& deleted) {
  DeletedTopic topic;
  topic.name = std::move(state.name);
  topic.topic_id = state.topic_id;
  if (deleted) {
    topic.name = deleted->name;
    topic.topic_id = deleted->id;
  } else {
    topic.error_code = code_of(deleted.error());
    topic.error_message = text_of(deleted.error());
  }
  return topic;
}

}  // namespace

Task<void> serve(Shared& shared, Exchange exchange, DeleteTopicsRequest message) {
  set_timeout(shared, exchange, message.timeout_ms);
  std::vector<DeleteTopicState> states = states_of(message);
  std::vector<Result<service::DeleteTopicResponse>> outcomes(states.size());
  std::vector<service::TopicRef> topics;
  std::vector<std::size_t> asked;
  for (std::size_t i = 0; i < states.size(); i++) {
    const auto checked = check(states[i]);
    if (checked) {
      asked.push_back(i);
      topics.push_back({.name = states[i].name.value_or(""), .id = TopicId(states[i].topic_id)});
    } else {
      outcomes[i] = std::unexpected(checked.error());
    }
  }
  auto deleted = co_await shared.uses.delete_topic.handle_all(exchange.context, std::move(topics));
  for (std::size_t i = 0; i < asked.size(); i++) outcomes[asked[i]] = std::move(deleted[i]);

  DeleteTopicsResponse response;
  FirstError failed;
  std::set<std::pair<std::string, Uuid>> told;  // Of what stands there twice they hear once.
  for (std::size_t i = 0; i < states.size(); i++) {
    if (!told.emplace(states[i].name.value_or(""), states[i].topic_id).second) continue;
    if (!outcomes[i]) failed.note(outcomes[i].error());
    response.topics.push_back(write_topic(std::move(states[i]), outcomes[i]));
  }
  exchange.reply(response, failed.get());
}

}  // namespace ropewalk::kafka
