#include "tests/sim/quorum/disk.h"

#include <utility>

namespace ropewalk::quorum::hostile {
namespace {

void put(Image& image, const HardState& state) { image.state = state; }
void put(Image& image, const SnapshotInfo& snapshot) {
  image.snapshot = snapshot;
  image.entries.clear();
}
void put(Image& image, const Entry& entry) {
  while (!image.entries.empty() && image.entries.back().index >= entry.index)
    image.entries.pop_back();
  image.entries.push_back(entry);
}

void shorten_image(Image& image, const SnapshotInfo& snapshot) {
  if (snapshot.end.index <= image.snapshot.end.index) return;
  image.snapshot = snapshot;
  while (!image.entries.empty() && image.entries.front().index <= snapshot.end.index)
    image.entries.pop_front();
}

}  // namespace

LogEnd Image::end() const {
  if (entries.empty()) return snapshot.end;
  return {entries.back().index, entries.back().term};
}

std::optional<Term> Image::term_at(Offset index) const {
  if (index == snapshot.end.index) return snapshot.end.term;
  if (index < snapshot.end.index || index > end().index) return std::nullopt;
  return entries[static_cast<std::size_t>(index - snapshot.end.index - 1)].term;
}

void Disk::add(Write write) {
  apply(written_, write);
  outstanding_.push_back(std::move(write));
}

void Disk::apply(Image& image, const Write& write) {
  std::visit([&](const auto& what) { put(image, what); }, write);
}

void Disk::sync() {
  for (const Write& write : outstanding_) apply(durable_, write);
  outstanding_.clear();
}

void Disk::shorten(const SnapshotInfo& snapshot) {
  shorten_image(durable_, snapshot);
  shorten_image(written_, snapshot);
}

Disk::Loss Disk::crash(env::Random& random) {
  const std::size_t outstanding = outstanding_.size();
  const std::size_t kept = random.below(outstanding + 1);
  for (std::size_t i = 0; i < kept; i++) apply(durable_, outstanding_[i]);
  outstanding_.clear();
  written_ = durable_;
  return {outstanding - kept, outstanding};
}

}  // namespace ropewalk::quorum::hostile
