// Watches over the brokers of the cluster while this one is its controller (M3).
//
// Keeps a connection to each that is not fenced: one that breaks is tried again at once, and who
// refuses that is dead. A new controller begins with all of them: whoever died with the one before
// is noticed without waiting for a session's end. On the control core.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "broker/metadata/metadata_machine.h"
#include "common/env/network.h"

namespace ropewalk::node {

class BrokerWatch final : public metadata::MachineListener {
 public:
  // Makes a connection there if there is none. Told to who refuses it: not here.
  using Connect = std::function<void(BrokerId, env::Endpoint)>;

  // Add it to the MetadataMachine's listeners behind the ActiveController, which must know first
  // that it is in office, and before the quorum starts.
  BrokerWatch(BrokerId self, Connect connect) : self_(self), connect_(std::move(connect)) {}

  void image_changed(const metadata::ImagePtr& before, const metadata::ImagePtr& after) override;
  void leader_changed(BrokerId leader, Term term) override;

 private:
  void connect(BrokerId broker);

  const BrokerId self_;
  const Connect connect_;
  metadata::ImagePtr image_ = std::make_shared<const metadata::Image>();
  bool in_office_ = false;
};

}  // namespace ropewalk::node
