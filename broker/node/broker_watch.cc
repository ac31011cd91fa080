#include "broker/node/broker_watch.h"

#include "broker/node/broker_address.h"

namespace ropewalk::node {

void BrokerWatch::leader_changed(BrokerId leader, Term) {
  in_office_ = leader == self_;
  if (!in_office_) return;
  for (const auto& [id, broker] : image_->brokers()) connect(id);
}

void BrokerWatch::image_changed(const metadata::ImagePtr& before, const metadata::ImagePtr& after) {
  image_ = after;
  if (!in_office_ || &before->brokers() == &after->brokers()) return;
  for (const auto& [id, broker] : after->brokers())
    if (before->broker(id) != broker.get()) connect(id);
}

void BrokerWatch::connect(BrokerId broker) {
  if (broker == self_ || image_->broker(broker)->fenced) return;
  if (auto at = broker_address(*image_, {}, broker)) connect_(broker, *std::move(at));
}

}  // namespace ropewalk::node
