#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "broker/listeners/kafka/calls/config_words.h"
#include "broker/listeners/kafka/calls/partitions.h"
#include "broker/listeners/kafka/calls/serve.h"
#include "broker/listeners/kafka/exchange/errors.h"

namespace ropewalk::kafka {
namespace {

Result<std::vector<service::ConfigDescription>> describe(const Shared& shared,
                                                         const Exchange& exchange,
                                                         const DescribeConfigsResource& resource) {
  TRY(const auto named, config_resource(resource.resource_type, resource.resource_name));
  return shared.uses.describe_configs.handle(exchange.context, named);
}

DescribedConfig write_config(service::ConfigDescription& config,
                             const DescribeConfigsRequest& message) {
  DescribedConfig into;
  into.name = std::move(config.name);
  into.value = std::move(config.value);
  into.read_only = config.is_read_only;
  into.config_source = source_number(config.source);
  into.is_sensitive = config.is_secret;
  into.config_type = type_number(config.type);
  if (message.include_documentation) into.documentation = std::move(config.help);
  if (!message.include_synonyms) return into;
  for (service::SettingDescription& value : config.values)
    into.synonyms.push_back({.name = std::move(value.name),
                             .value = std::move(value.value),
                             .source = source_number(value.source)});
  return into;
}

// None named is all, as in Kafka.
bool is_wanted(const DescribeConfigsResource& resource, const std::string& name) {
  const auto& keys = resource.configuration_keys;
  return !keys || keys->empty() || std::ranges::find(*keys, name) != keys->end();
}

}  // namespace

Task<void> serve(Shared& shared, Exchange exchange, DescribeConfigsRequest message) {
  DescribeConfigsResponse response;
  FirstError failed;
  // Each once, however often it is named: few bytes of a request must not cost kilobytes.
  std::set<std::pair<std::int8_t, std::string>> told;
  for (DescribeConfigsResource& resource : message.resources) {
    if (!told.emplace(resource.resource_type, resource.resource_name).second) continue;
    DescribeConfigsResult& result = response.results.emplace_back();
    result.resource_type = resource.resource_type;
    result.resource_name = resource.resource_name;
    auto described = describe(shared, exchange, resource);
    if (!described) {
      failed.note(described.error());
      result.error_code = code_of(described.error());
      result.error_message = text_of(described.error());
      continue;
    }
    for (service::ConfigDescription& config : *described)
      if (is_wanted(resource, config.name)) result.configs.push_back(write_config(config, message));
  }
  exchange.reply(response, failed.get());
  co_return;
}

}  // namespace ropewalk::kafka
