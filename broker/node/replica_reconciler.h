// Brings this broker's replicas in line with the image: tells a ReplicaSink what to lead, what not,
// and what to throw away.
//
// On the control core, one image after the other. It begins once this life is registered: what an
// earlier life led is no business of this one (R13).
#pragma once

#include <vector>

#include "broker/metadata/metadata_machine.h"
#include "broker/metadata/replica_sink.h"

namespace ropewalk::node {

class ReplicaReconciler final : public metadata::MachineListener {
 public:
  // `sink` outlives it. Add it to the MetadataMachine's listeners before the quorum starts.
  ReplicaReconciler(BrokerId self, metadata::ReplicaSink& sink) : self_(self), sink_(sink) {}

  // `on_disk` are the replicas that this broker's directories hold: those that the image does not
  // give it are removed.
  void begin(const metadata::ImagePtr& image, const std::vector<TopicPartition>& on_disk);
  void stop() { running_ = false; }

  void image_changed(const metadata::ImagePtr& before, const metadata::ImagePtr& after) override;
  void leader_changed(BrokerId, Term) override {}

 private:
  void brokers_changed(const metadata::ImagePtr& before, const metadata::ImagePtr& after);
  void follow(const metadata::ImagePtr& image, const metadata::PartitionDelta& delta);

  BrokerId self_;
  metadata::ReplicaSink& sink_;
  bool running_ = false;
};

}  // namespace ropewalk::node
