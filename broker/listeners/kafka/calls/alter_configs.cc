#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "broker/listeners/kafka/calls/config_words.h"
#include "broker/listeners/kafka/calls/partitions.h"
#include "broker/listeners/kafka/calls/serve.h"
#include "broker/listeners/kafka/exchange/errors.h"

namespace ropewalk::kafka {
namespace {

enum class Operation : std::int8_t { set = 0, remove = 1, append = 2, subtract = 3 };

// Errors: invalid_request.
Result<service::ConfigAlteration> read_entry(std::string name, Operation operation,
                                             std::optional<std::string> value) {
  service::ConfigAlteration change;
  change.name = std::move(name);
  if (operation == Operation::remove) return change;
  if (!value) return fail(Errc::invalid_request, "{} has no value", change.name.substr(0, 100));
  change.value = std::move(value);
  switch (operation) {
    case Operation::append:
      change.edit = metadata::ConfigEdit::append;
      return change;
    case Operation::subtract:
      change.edit = metadata::ConfigEdit::subtract;
      return change;
    case Operation::set:
      return change;
    default:
      return fail(Errc::invalid_request, "there is no operation {}", static_cast<int>(operation));
  }
}

Operation operation_of(const AlterConfigsEntry&) { return Operation::set; }
Operation operation_of(const IncrementalAlterConfigsEntry& entry) {
  return static_cast<Operation>(entry.config_operation);
}

// Errors: invalid_request.
template <class Resource>
Result<service::AlteredResource> read_resource(Resource& resource, bool replace_all) {
  service::AlteredResource altered;
  altered.replace_all = replace_all;
  TRY(altered.resource, config_resource(resource.resource_type, resource.resource_name));
  for (auto& entry : resource.configs) {
    TRY(service::ConfigAlteration change,
        read_entry(std::move(entry.name), operation_of(entry), std::move(entry.value)));
    altered.changes.push_back(std::move(change));
  }
  return altered;
}

template <class Response, class Request>
Task<void> alter(Shared& shared, Exchange exchange, Request message, bool replace_all) {
  std::vector<Result<void>> outcomes(message.resources.size());
  std::vector<service::AlteredResource> request;
  std::vector<std::size_t> asked;
  for (std::size_t i = 0; i < message.resources.size(); i++) {
    auto altered = read_resource(message.resources[i], replace_all);
    if (altered) {
      asked.push_back(i);
      request.push_back(std::move(*altered));
    } else {
      outcomes[i] = std::unexpected(std::move(altered).error());
    }
  }
  auto done = co_await shared.uses.alter_configs.handle(exchange.context, std::move(request),
                                                        message.validate_only);
  for (std::size_t i = 0; i < asked.size(); i++) outcomes[asked[i]] = std::move(done[i]);

  Response response;
  FirstError failed;
  for (std::size_t i = 0; i < outcomes.size(); i++) {
    auto& result = response.responses.emplace_back();
    result.resource_type = message.resources[i].resource_type;
    result.resource_name = std::move(message.resources[i].resource_name);
    if (outcomes[i]) continue;
    failed.note(outcomes[i].error());
    result.error_code = code_of(outcomes[i].error());
    result.error_message = text_of(outcomes[i].error());
  }
  exchange.reply(response, failed.get());
}

}  // namespace

Task<void> serve(Shared& shared, Exchange exchange, AlterConfigsRequest message) {
  return alter<AlterConfigsResponse>(shared, std::move(exchange), std::move(message), true);
}

Task<void> serve(Shared& shared, Exchange exchange, IncrementalAlterConfigsRequest message) {
  return alter<IncrementalAlterConfigsResponse>(shared, std::move(exchange), std::move(message),
                                                false);
}

}  // namespace ropewalk::kafka
