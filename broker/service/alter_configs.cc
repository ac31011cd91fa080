#include "broker/service/alter_configs.h"

#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "broker/metadata/metadata_view.h"
#include "broker/security/authorizer.h"
#include "broker/service/locate.h"
#include "broker/service/propose.h"

namespace ropewalk::service {
namespace {

Result<void> check_names(const std::vector<ConfigAlteration>& changes) {
  std::set<std::string_view> names;
  for (const ConfigAlteration& change : changes)
    if (!names.insert(change.name).second)
      return fail(Errc::invalid_request, "{} stands there twice", change.name.substr(0, 100));
  return {};
}

}  // namespace

Result<metadata::ConfigTarget> AlterConfigs::find_target(const security::RequestContext& context,
                                                         const ConfigResource& resource) const {
  if (resource.scope == ConfigScope::topic) {
    const metadata::ImagePtr image = parts_.metadata.get();
    const TopicRef ref{.name = resource.name, .id = {}};
    TRY(const auto* topic, find_topic(parts_, context, *image, ref, security::Operation::alter));
    return metadata::TopicRef{.id = topic->id, .name = {}};
  }
  TRY_VOID(parts_.authorizer.authorize(context, {.operation = security::Operation::alter,
                                                 .resource_type = security::ResourceType::cluster,
                                                 .resource = {}}));
  if (resource.scope == ConfigScope::broker)
    return fail(Errc::invalid_request,
                "settings of a broker are changed in its file, and hold from its next start on");
  return metadata::ClusterScope{};
}

Task<Result<void>> AlterConfigs::alter(const security::RequestContext& context,
                                       AlteredResource resource, bool validate_only) {
  CO_TRY(const metadata::ConfigTarget target, find_target(context, resource.resource));
  CO_TRY_VOID(check_names(resource.changes));
  metadata::SetConfigs event;
  event.validate_only = validate_only;
  if (resource.replace_all) event.replaced.push_back(target);
  for (ConfigAlteration& change : resource.changes) {
    metadata::ConfigChange& wanted = event.changes.emplace_back();
    wanted.scope = target;
    wanted.key = std::move(change.name);
    wanted.value = std::move(change.value);
    wanted.edit = change.edit;
  }
  if (event.replaced.empty() && event.changes.empty()) co_return Result<void>();
  CO_TRY_VOID(co_await propose_all(parts_, std::move(event), context.deadline));
  co_return Result<void>();
}

Task<std::vector<Result<void>>> AlterConfigs::handle(security::RequestContext context,
                                                     std::vector<AlteredResource> request,
                                                     bool validate_only) {
  std::map<ConfigResource, int> times;
  for (const AlteredResource& altered : request) times[altered.resource]++;
  std::vector<Result<void>> responses(request.size());
  for (std::size_t i = 0; i < request.size(); i++) {
    if (times[request[i].resource] > 1)
      responses[i] = fail(Errc::invalid_request, "the resource stands there twice");
    else
      responses[i] = co_await alter(context, std::move(request[i]), validate_only);
  }
  co_return responses;
}

}  // namespace ropewalk::service
