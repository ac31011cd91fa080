#include "broker/service/metadata.h"

#include <algorithm>

#include "broker/metadata/metadata_view.h"
#include "broker/metadata/topic_settings.h"
#include "broker/security/authorizer.h"
#include "broker/service/describe_image.h"
#include "broker/service/locate.h"

namespace ropewalk::service {

MetadataResponse Metadata::handle(const security::RequestContext& context,
                                  const MetadataRequest& request) const {
  const metadata::Image& image = *parts_.metadata.get();
  MetadataResponse response;
  if (request.all_topics && !request.topics.empty()) {
    response.error = {Errc::invalid_request, "all topics are asked for, and some by name"};
    return response;
  }
  response.cluster_id = parts_.cluster_id;
  response.controller = parts_.controller_id();
  response.feature_level = feature_level_of(image);
  response.metadata_offset = image.offset();
  response.brokers = describe_brokers(parts_, context, image);
  response.topics = describe_topics(parts_, context, image, request.all_topics, request.topics);
  return response;
}

std::optional<MetadataStamp> Metadata::stamp_of_all(const security::RequestContext& context) const {
  const metadata::Image& image = *parts_.metadata.get();
  if (!sees_all_topics(parts_, context, image)) return std::nullopt;
  return MetadataStamp{.metadata_offset = image.offset(), .controller = parts_.controller_id()};
}

}  // namespace ropewalk::service
