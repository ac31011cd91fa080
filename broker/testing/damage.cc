#include "broker/testing/damage.h"

#include <cstdint>
#include <string>
#include <vector>

#include "broker/log/segment_header.h"
#include "common/bytes.h"
#include "common/records/batch_header.h"

namespace ropewalk::testing {
namespace {

struct Place {
  std::string path;
  std::uint64_t position = 0;
  std::size_t bytes = 0;
};

void add_batches(const std::string& path, const std::string& content, std::vector<Place>& into) {
  std::uint64_t position = log::kSegmentHeaderBytes;
  while (position < content.size()) {
    const auto header = BatchHeader::parse(as_bytes(content).subspan(position));
    if (!header || position + header->size() > content.size()) return;
    into.push_back({path, position, header->size()});
    position += header->size();
  }
}

}  // namespace

bool damage_a_batch(sim::Disk& disk, env::Random& random) {
  std::vector<Place> batches;
  for (const std::string& path : disk.paths()) {
    if (!path.contains("partitions/") || !path.ends_with(".log")) continue;
    if (const auto content = disk.content(path)) add_batches(path, *content, batches);
  }
  if (batches.empty()) return false;
  const Place& batch = batches[random.below(batches.size())];
  const std::uint64_t at =
      batch_at::kAttributes + random.below(batch.bytes - batch_at::kAttributes);
  return disk.flip_bit(batch.path, batch.position + at, static_cast<unsigned>(random.below(8)))
      .has_value();
}

}  // namespace ropewalk::testing
