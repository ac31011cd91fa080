#include "broker/service/alter_configs.h"

#include <charconv>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "broker/metadata/broker_settings.h"
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

Result<BrokerId> find_broker(std::string_view name) {
  std::int32_t id = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), id);
  if (error == std::errc{} && end == name.data() + name.size() && id >= 0) return BrokerId(id);
  return fail(Errc::invalid_request, "\"{}\" is no broker's number", name.substr(0, 20));
}

// Those that every broker has, and that an operator may change as they run.
Result<void> check_not_in_file(const AlteredResource& resource) {
  if (resource.resource.scope != ConfigScope::broker) return {};
  for (const ConfigAlteration& change : resource.changes)
    if (metadata::find_broker_setting(change.name) == nullptr)
      return fail(Errc::invalid_request,
                  "{} of a broker is changed in its file, and holds from its next start on",
                  change.name.substr(0, 100));
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
  if (resource.scope == ConfigScope::broker) return find_broker(resource.name);
  return metadata::ClusterScope{};
}

Result<AlterConfigs::Asked> AlterConfigs::add_to(metadata::SetConfigs& event,
                                                 const security::RequestContext& context,
                                                 AlteredResource resource) const {
  TRY(const metadata::ConfigTarget target, find_target(context, resource.resource));
  TRY_VOID(check_names(resource.changes));
  TRY_VOID(check_not_in_file(resource));
  Asked asked;
  if (resource.replace_all) {
    asked.replaced = event.replaced.size();
    event.replaced.push_back(target);
  }
  asked.changes_begin = event.changes.size();
  for (ConfigAlteration& change : resource.changes) {
    metadata::ConfigChange& wanted = event.changes.emplace_back();
    wanted.scope = target;
    wanted.key = std::move(change.name);
    wanted.value = std::move(change.value);
    wanted.edit = change.edit;
  }
  asked.changes_end = event.changes.size();
  return asked;
}

// The first error of what was asked for the resource.
Result<void> AlterConfigs::outcome_of(const Asked& asked,
                                      const Result<metadata::ControllerAnswer>& answer,
                                      std::size_t all_replaced) {
  if (!asked.replaced && asked.changes_begin == asked.changes_end) return {};
  if (!answer) return std::unexpected(answer.error());
  const auto& items = answer->items;
  if (asked.replaced && !items[*asked.replaced])
    return std::unexpected(items[*asked.replaced].error());
  for (std::size_t i = asked.changes_begin; i < asked.changes_end; i++) {
    if (const auto& item = items[all_replaced + i]; !item) return std::unexpected(item.error());
  }
  return {};
}

Task<std::vector<Result<void>>> AlterConfigs::handle(security::RequestContext context,
                                                     std::vector<AlteredResource> request,
                                                     bool validate_only) {
  std::map<ConfigResource, int> times;
  for (const AlteredResource& altered : request) times[altered.resource]++;
  std::vector<Result<Asked>> asked;
  metadata::SetConfigs event;
  event.validate_only = validate_only;
  for (AlteredResource& altered : request) {
    if (times[altered.resource] > 1)
      asked.push_back(fail(Errc::invalid_request, "the resource stands there twice"));
    else
      asked.push_back(add_to(event, context, std::move(altered)));
  }
  Result<metadata::ControllerAnswer> answer;
  const std::size_t replaced = event.replaced.size();
  if (replaced > 0 || !event.changes.empty())
    answer = co_await propose_each(parts_, std::move(event), context.deadline);
  std::vector<Result<void>> responses;
  responses.reserve(asked.size());
  for (const Result<Asked>& resource : asked)
    responses.push_back(resource ? outcome_of(*resource, answer, replaced)
                                 : std::unexpected(resource.error()));
  co_return responses;
}

}  // namespace ropewalk::service
