#include <iterator>

#include "common/records/batch_builder.h"
#include "common/records/batch_header.h"
#include "tests/support/hostile_batches/hostile_batches.h"

namespace ropewalk::support {

std::string good_batch() {
  BatchBuilder builder;
  for (std::int32_t i = 0; i < kGoodRecords; i++) {
    NewRecord record;
    record.timestamp = 1'700'000'000'000 + i;
    record.key = as_bytes("key");
    record.value = as_bytes("value");
    builder.append(record);
  }
  return std::string(builder.finish(Codec::none).value().text());
}

std::string resealed(std::string batch) {
  auto* at = reinterpret_cast<std::byte*>(batch.data());
  store_be(at + batch_at::kBatchLength,
           static_cast<std::int32_t>(batch.size() - kBatchPrefixBytes));
  store_be(at + batch_at::kCrc, batch_crc(as_bytes(batch)));
  return batch;
}

HostileBatches hostile_batches() {
  HostileBatches all;
  for (const HostileBatches& some : {hostile_headers(), hostile_records(), hostile_codecs()})
    std::ranges::copy(some, std::back_inserter(all));
  return all;
}

}  // namespace ropewalk::support
