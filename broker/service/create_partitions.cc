#include "broker/service/create_partitions.h"

#include <map>
#include <utility>

#include "broker/metadata/metadata_view.h"
#include "broker/service/await_opening.h"
#include "broker/service/locate.h"
#include "broker/service/propose.h"

namespace ropewalk::service {

Task<std::vector<Result<void>>> CreatePartitions::handle(security::RequestContext context,
                                                         std::vector<MorePartitions> request,
                                                         bool validate_only) {
  const metadata::ImagePtr image = parts_.metadata.get();
  std::vector<Result<const metadata::Topic*>> topics;
  std::map<TopicId, int> times;
  for (const MorePartitions& more : request) {
    topics.push_back(find_topic(parts_, context, *image, more.topic, security::Operation::alter));
    if (topics.back()) times[(*topics.back())->id]++;
  }
  std::vector<Result<void>> responses(request.size());
  std::vector<std::size_t> asked;  // Whose answers the controller gives.
  metadata::CreatePartitions event;
  event.validate_only = validate_only;
  for (std::size_t i = 0; i < request.size(); i++) {
    if (!topics[i]) {
      responses[i] = std::unexpected(std::move(topics[i]).error());
      continue;
    }
    const TopicId id = (*topics[i])->id;
    if (times[id] > 1) {
      responses[i] =
          fail(Errc::invalid_request, "the topic is meant {} times in one request", times[id]);
      continue;
    }
    asked.push_back(i);
    metadata::NewPartitions& partitions = event.topics.emplace_back();
    partitions.topic.id = id;
    partitions.total = request[i].total;
    partitions.assignments = std::move(request[i].assignments);
  }
  if (asked.empty()) co_return responses;
  std::vector<TopicId> grown;
  for (const metadata::NewPartitions& partitions : event.topics)
    grown.push_back(partitions.topic.id);
  auto answer = co_await propose_each(parts_, std::move(event), context.deadline);
  for (std::size_t i = 0; i < asked.size(); i++) {
    if (!answer)
      responses[asked[i]] = std::unexpected(answer.error());
    else if (!answer->items[i])
      responses[asked[i]] = std::unexpected(std::move(answer->items[i]).error());
  }
  if (!validate_only) co_await await_opening(parts_, std::move(grown), context.deadline);
  co_return responses;
}

}  // namespace ropewalk::service
