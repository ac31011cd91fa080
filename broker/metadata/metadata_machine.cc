#include "broker/metadata/metadata_machine.h"

#include <algorithm>
#include <span>
#include <utility>

#include "broker/metadata/record_codec.h"

namespace ropewalk::metadata {
namespace {

// A partition's record is below 300 bytes with tens of replicas: chunks stay below 1 MiB or so.
constexpr std::size_t kRecordsPerChunk = 4096;

}  // namespace

Result<ImagePtr> apply_entry(const ImagePtr& image, Offset offset, ByteSpan batch) {
  TRY(const auto records, decode_entry(batch));
  ImageEditor editor(image, offset);
  if (records)
    for (const Record& record : *records) TRY_VOID(editor.apply(record));
  return editor.finish();
}

Result<ImagePtr> load_image(quorum::SnapshotReader& reader) {
  ImageEditor editor(std::make_shared<const Image>(), reader.last_offset());
  while (const auto chunk = reader.next_chunk()) {
    TRY(const auto records, decode_records(as_text(*chunk)));
    for (const Record& record : records) TRY_VOID(editor.apply(record));
  }
  return editor.finish();
}

void save_image(const Image& image, quorum::SnapshotWriter& writer) {
  const auto records = to_records(image);
  std::span<const Record> rest(records);
  while (!rest.empty()) {
    const auto part = rest.first(std::min(rest.size(), kRecordsPerChunk));
    writer.add_chunk(encode_records(part));
    rest = rest.subspan(part.size());
  }
}

Result<void> MetadataMachine::apply(Offset offset, Term, ByteSpan batch) {
  ENSURE(offset == image_->offset() + 1, "entry {} behind {} (M1)", offset, image_->offset());
  TRY(auto next, apply_entry(image_, offset, batch));
  publish(std::move(next));
  return {};
}

Result<void> MetadataMachine::load(quorum::SnapshotReader& reader) {
  TRY(auto loaded, load_image(reader));
  publish(std::move(loaded));
  return {};
}

void MetadataMachine::save(quorum::SnapshotWriter& writer) { save_image(*image_, writer); }

void MetadataMachine::leader_changed(BrokerId leader, Term term) {
  leader_ = leader;
  term_ = term;
  for (MachineListener* listener : listeners_) listener->leader_changed(leader, term);
}

void MetadataMachine::publish(ImagePtr image) {
  const ImagePtr before = std::exchange(image_, std::move(image));
  view_.publish(image_);
  for (MachineListener* listener : listeners_) listener->image_changed(before, image_);
}

}  // namespace ropewalk::metadata
