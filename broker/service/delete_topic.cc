#include "broker/service/delete_topic.h"

#include <map>
#include <utility>

#include "broker/metadata/metadata_view.h"
#include "broker/service/locate.h"
#include "broker/service/propose.h"

namespace ropewalk::service {
namespace {

Result<const metadata::Topic*> find_target(const Parts& parts,
                                           const security::RequestContext& context,
                                           const metadata::Image& image, const TopicRef& ref) {
  TRY(const auto* topic, find_topic(parts, context, image, ref, security::Operation::remove));
  if (!ref.name.empty() && ref.name != topic->name)
    return fail(Errc::invalid_request, "the id is that of topic '{}', not of '{}'", topic->name,
                ref.name);
  return topic;
}

}  // namespace

Task<std::vector<Result<DeleteTopicResponse>>> DeleteTopic::handle_all(
    security::RequestContext context, std::vector<TopicRef> topics) {
  const metadata::ImagePtr image = parts_.metadata.get();
  std::vector<Result<const metadata::Topic*>> targets;
  std::map<TopicId, int> times;
  for (const TopicRef& ref : topics) {
    targets.push_back(find_target(parts_, context, *image, ref));
    if (targets.back()) times[(*targets.back())->id]++;
  }
  std::vector<Result<DeleteTopicResponse>> responses(topics.size());
  std::vector<std::size_t> asked;  // Whose answers the controller gives.
  metadata::DeleteTopics event;
  for (std::size_t i = 0; i < topics.size(); i++) {
    if (!targets[i]) {
      responses[i] = std::unexpected(std::move(targets[i]).error());
    } else if (const int meant = times[(*targets[i])->id]; meant > 1) {
      responses[i] =
          fail(Errc::invalid_request, "the topic is meant {} times in one request", meant);
    } else {
      asked.push_back(i);
      event.topics.push_back({.id = (*targets[i])->id, .name = {}});
    }
  }
  if (asked.empty()) co_return responses;
  auto answer = co_await propose_each(parts_, std::move(event), context.deadline);
  for (std::size_t i = 0; i < asked.size(); i++) {
    auto& response = responses[asked[i]];
    if (!answer)
      response = std::unexpected(answer.error());
    else if (!answer->items[i])
      response = std::unexpected(std::move(answer->items[i]).error());
    else
      response = DeleteTopicResponse{.id = (*targets[asked[i]])->id,
                                     .name = (*targets[asked[i]])->name,
                                     .metadata_offset = answer->offset};
  }
  co_return responses;
}

Task<Result<DeleteTopicResponse>> DeleteTopic::handle(security::RequestContext context,
                                                      TopicRef topic) {
  std::vector<TopicRef> topics;
  topics.push_back(std::move(topic));
  auto responses = co_await handle_all(std::move(context), std::move(topics));
  co_return std::move(responses.front());
}

}  // namespace ropewalk::service
