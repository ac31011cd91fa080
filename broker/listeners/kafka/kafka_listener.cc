#include "broker/listeners/kafka/kafka_listener.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "broker/listeners/kafka/codec/api.h"
#include "broker/listeners/kafka/kafka_session.h"

namespace ropewalk::kafka {
namespace {

// "list_offsets" for ListOffsets.
std::string metric_name_of(const Api& api) {
  std::string name;
  for (const char c : api.name) {
    const bool is_capital = c >= 'A' && c <= 'Z';
    if (is_capital && !name.empty()) name += '_';
    name += is_capital ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return name;
}

}  // namespace

KafkaListener::KafkaListener(env::Environment& environment, service::UseCases& uses,
                             KafkaOptions options)
    : shared_{.environment = environment,
              .uses = uses,
              .options = options,
              .metrics = telemetry::RequestMetrics(environment, "kafka"),
              .kept_metadata = std::vector<KeptMetadata>(
                  environment.core_count(), KeptMetadata(options.kept_metadata_bytes_max)),
              .closing = env::CoreGroups(environment)} {
  for (const Api* const api : kApis) shared_.metrics.count_api(api->key, metric_name_of(*api));
}

rpc::SessionFactory KafkaListener::sessions() {
  return [this](const rpc::Accepted& accepted) -> std::unique_ptr<rpc::Session> {
    return std::make_unique<KafkaSession>(shared_, accepted);
  };
}

}  // namespace ropewalk::kafka
