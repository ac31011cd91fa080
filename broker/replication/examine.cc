#include "broker/replication/examine.h"

#include <utility>

#include "broker/replication/partition_read.h"
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

bool is_damage(Errc code) { return code == Errc::corrupt || code == Errc::corrupt_message; }

}  // namespace

Task<Result<void>> examine(std::shared_ptr<Partition> partition, log::LogViewPtr view, Offset from,
                           Offset upper_bound) {
  if (RW_PLANT(damage_not_looked_at)) co_return Result<void>();
  const auto bytes = co_await log::read_bytes(std::move(view), from, {.upper_bound = upper_bound});
  const auto sound = bytes ? check(bytes->span()) : Result<void>(std::unexpected(bytes.error()));
  if (sound) co_return sound;
  if (!is_damage(sound.error().code)) co_return std::unexpected(told_of(sound.error()));
  co_return std::unexpected(partition->found_damaged(
      {Errc::corrupt, fmt::format("what is stored from offset {} on is damaged: {}", from,
                                  sound.error().context)}));
}

}  // namespace ropewalk::replication
