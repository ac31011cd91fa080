#include "broker/replication/examine.h"

#include <utility>

#include "common/plant.h"
#include "common/records/batch_header.h"

namespace ropewalk::replication {
namespace {

Result<void> check(ByteSpan batches) {
  while (!batches.empty()) {
    TRY(const BatchHeader header, BatchHeader::parse(batches));
    if (header.size() > batches.size())
      return fail(Errc::corrupt, "a batch of {} bytes where {} are left", header.size(),
                  batches.size());
    if (!batch_crc_matches(batches.first(header.size())))
      return fail(Errc::corrupt, "the batch at offset {} does not have its checksum",
                  header.base_offset);
    batches = batches.subspan(header.size());
  }
  return {};
}

bool says_damage(Errc code) { return code == Errc::corrupt || code == Errc::corrupt_message; }

}  // namespace

Error told_of(Partition& partition, const log::LogView& view, Error failure) {
  if (!says_damage(failure.code)) return told_of(std::move(failure));
  return partition.found_damaged(view.generation, std::move(failure));
}

Task<Result<void>> examine(std::shared_ptr<Partition> partition, log::LogViewPtr view, Offset from,
                           ReadLimits limits) {
  if (RW_PLANT(damage_not_looked_at)) co_return Result<void>();
  const auto bytes = co_await log::read_bytes(view, from, limits);
  auto sound = bytes ? check(bytes->span()) : Result<void>(std::unexpected(bytes.error()));
  if (sound) co_return sound;
  co_return std::unexpected(told_of(*partition, *view, std::move(sound).error()));
}

}  // namespace ropewalk::replication
