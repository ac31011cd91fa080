// Record batches: what a broker checks of a producer's, and what a consumer reads.
#include <limits>

#include "broker/log/stamped_batch.h"
#include "common/records/batch_builder.h"
#include "common/records/batch_validator.h"
#include "common/records/record_reader.h"
#include "tests/fuzz/target.h"

namespace ropewalk::fuzz {
namespace {

constexpr std::size_t kUncompressedMax = 1 << 20;

// How many records there are; none when one of them is wrong.
std::optional<std::int32_t> read_all(ByteSpan batch) {
  auto reader = RecordReader::open(batch, kUncompressedMax);
  if (!reader) return std::nullopt;
  std::int32_t count = 0;
  for (;;) {
    auto record = reader->next();
    if (!record) return std::nullopt;
    if (!*record) return count;
    count++;
    std::ignore = control_type((*record)->key);
    while ((*record)->headers.next()) {
    }
  }
}

void try_one(std::string bytes) {
  const ByteSpan batch = as_bytes(bytes);
  if (const auto header = BatchHeader::parse(batch)) {
    std::array<std::byte, kBatchHeaderBytes> again{};
    header->write_to(again.data());
    ENSURE(std::ranges::equal(again, batch.first(kBatchHeaderBytes)), "another header");
    std::ignore = header->last_sequence();
    std::ignore = header->codec();
  }
  const auto read = read_all(batch);
  BatchLimits limits;
  limits.uncompressed_bytes_max = kUncompressedMax;
  const auto header = check_batch(batch, limits);
  if (!header) return;
  const auto seen = check_records(batch, *header, limits);
  if (!seen) return;
  ENSURE(read == header->records_count, "what a broker takes, every consumer can read");
  auto* const writable = reinterpret_cast<std::byte*>(bytes.data());
  const MutableByteSpan span(writable, bytes.size());
  correct_max_timestamp(span, seen->max_timestamp);
  ENSURE(check_batch(span, limits).has_value(), "a corrected batch is good");
  const auto stamped =
      log::StampedBatch::stamp(SharedBytes::copy_of(span), Offset(1'000'000), LeaderEpoch(3));
  ENSURE(stamped && stamped->next_offset() == Offset(1'000'000 + header->records_count),
         "a good batch has its place");
}

std::string built(Codec codec, ProducerStamp stamp = {}) {
  BatchBuilder builder;
  const RecordHeader headers[] = {{.key = "h", .value = as_bytes("v")}};
  for (int i = 0; i < 3; i++) {
    NewRecord record;
    record.timestamp = 1'700'000'000'000 + i;
    if (i != 1) record.key = as_bytes("key");
    record.value = as_bytes("value value value value");
    if (i == 2) record.headers = headers;
    builder.append(record);
  }
  return std::string(builder.finish(codec, stamp).value().text());
}

}  // namespace

std::vector<Seed> seeds() {
  std::vector<Seed> all;
  for (const Codec codec : {Codec::none, Codec::gzip, Codec::snappy, Codec::lz4, Codec::zstd})
    all.push_back({std::string(to_string(codec)), "\x01" + built(codec)});
  all.push_back({"checksum_as_it_is", std::string(1, '\0') + built(Codec::none)});
  all.push_back({"idempotent", "\x01" + built(Codec::none, {ProducerId(4), ProducerEpoch(1), 7})});
  all.push_back({"control", "\x01" + std::string(build_control_batch({.type = 2}).text())});
  all.push_back({"two", "\x01" + built(Codec::none) + built(Codec::none)});
  return all;
}

}  // namespace ropewalk::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ropewalk::fuzz;
  Input input(data, size);
  const bool mend = input.byte() % 2 == 1;
  try_one(mend ? with_right_checksums(input.rest()) : std::string(input.rest()));
  return 0;
}
