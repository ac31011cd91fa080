// Levels of features (features.proto).
#include <utility>

#include "broker/listeners/native/caught_up.h"
#include "broker/listeners/native/serve.h"

namespace ropewalk::native {
namespace {

void write_feature(const service::ClusterFeature& feature, v1::ClusterFeature& to) {
  to.set_name(feature.name);
  to.set_level(feature.level);
  to.set_level_max(feature.level_max);
  for (const auto& of : feature.brokers) {
    auto& added = *to.add_brokers();
    added.set_broker_id(of.broker.value());
    added.set_level_min(of.level_min);
    added.set_level_max(of.level_max);
  }
}

}  // namespace

Task<void> serve(Shared& shared, Call call, v1::DescribeFeaturesRequest) {
  const bool go_on = co_await caught_up(shared, call);
  if (!go_on) co_return;
  const auto response = shared.uses.describe_features.handle(call.context);
  if (failed(call, response)) co_return;
  v1::DescribeFeaturesResponse reply;
  for (const service::ClusterFeature& feature : response->features)
    write_feature(feature, *reply.add_features());
  call.reply(reply, response->metadata_offset);
}

Task<void> serve(Shared& shared, Call call, v1::UpdateFeatureRequest message) {
  const bool go_on = co_await caught_up(shared, call);
  if (!go_on) co_return;
  metadata::UpdateFeature update{std::move(*message.mutable_name()), message.level(),
                                 message.validate_only()};
  const auto updated = co_await shared.uses.update_feature.handle(call.context, std::move(update));
  if (failed(call, updated)) co_return;
  call.reply(v1::UpdateFeatureResponse(), *updated);
}

}  // namespace ropewalk::native
