// Makes the image out of the entries of the metadata log: the quorum's state machine.
//
// One a broker, on the control core. Publishes each new image to the MetadataView, then tells the
// listeners.
#pragma once

#include <vector>

#include "broker/metadata/metadata_view.h"
#include "broker/quorum/metadata_quorum.h"

namespace ropewalk::metadata {

// On the control core, inside the quorum's call: nothing may wait, and nothing may call the quorum.
class MachineListener {
 public:
  virtual ~MachineListener() = default;
  // The image has moved (perhaps by its offset alone).
  virtual void image_changed(const ImagePtr& before, const ImagePtr& after) = 0;
  virtual void leader_changed(BrokerId leader, Term term) = 0;
};

class MetadataMachine final : public quorum::StateMachine {
 public:
  // `view` outlives it and shows nothing yet.
  explicit MetadataMachine(MetadataView& view) : view_(view) {}

  // Told in the order they were added. They outlive the quorum.
  void add_listener(MachineListener& listener) { listeners_.push_back(&listener); }
  // The one who leads, and its term; kNoBroker when nobody is known to.
  BrokerId leader() const { return leader_; }
  Term term() const { return term_; }

  Result<void> apply(Offset offset, Term term, ByteSpan batch) override;
  Result<void> load(quorum::SnapshotReader& reader) override;
  void save(quorum::SnapshotWriter& writer) override;
  void leader_changed(BrokerId leader, Term term) override;

 private:
  void publish(ImagePtr image);

  MetadataView& view_;
  ImagePtr image_ = std::make_shared<const Image>();
  std::vector<MachineListener*> listeners_;
  BrokerId leader_ = kNoBroker;
  Term term_;
};

// The image after one entry. Errors: corrupt, unsupported_version.
Result<ImagePtr> apply_entry(const ImagePtr& image, Offset offset, ByteSpan batch);
// The image of a snapshot. Errors: corrupt, unsupported_version.
Result<ImagePtr> load_image(quorum::SnapshotReader& reader);
void save_image(const Image& image, quorum::SnapshotWriter& writer);

}  // namespace ropewalk::metadata
