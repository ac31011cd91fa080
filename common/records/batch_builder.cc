#include "common/records/batch_builder.h"

#include <algorithm>
#include <array>

#include "common/records/varint.h"

namespace ropewalk {
namespace {

constexpr std::size_t kControlKeyBytes = 4;

std::size_t nullable_bytes_size(const std::optional<ByteSpan>& bytes) {
  if (!bytes) return varint_size(std::int32_t{-1});
  return varint_size(static_cast<std::int32_t>(bytes->size())) + bytes->size();
}

std::size_t encoded_headers_size(std::span<const RecordHeader> headers) {
  std::size_t size = varint_size(static_cast<std::int32_t>(headers.size()));
  for (const RecordHeader& header : headers)
    size += nullable_bytes_size(as_bytes(header.key)) + nullable_bytes_size(header.value);
  return size;
}

std::byte* write_nullable_bytes(std::byte* to, const std::optional<ByteSpan>& bytes) {
  if (!bytes) return write_varint(to, std::int32_t{-1});
  to = write_varint(to, static_cast<std::int32_t>(bytes->size()));
  return std::copy(bytes->begin(), bytes->end(), to);
}

// Fills in length and checksum. `batch` is whole but for those.
void seal_batch(MutableByteSpan batch, BatchHeader header) {
  header.batch_length = static_cast<std::int32_t>(batch.size() - kBatchPrefixBytes);
  header.write_to(batch.data());
  store_be(batch.data() + batch_at::kCrc, batch_crc(batch));
}

BatchHeader producer_header(const ProducerStamp& producer) {
  BatchHeader header;
  header.producer_id = producer.id;
  header.producer_epoch = producer.epoch;
  header.base_sequence = producer.base_sequence;
  return header;
}

}  // namespace

std::size_t BatchBuilder::record_bytes_max(const NewRecord& record) {
  return kMaxVarint32Bytes + 1 + kMaxVarint64Bytes + kMaxVarint32Bytes +
         nullable_bytes_size(record.key) + nullable_bytes_size(record.value) +
         encoded_headers_size(record.headers);
}

std::size_t BatchBuilder::append(const NewRecord& record) {
  ENSURE(size() + record_bytes_max(record) <= kBytesMax, "batch of {} bytes grows too large",
         size());
  if (buffer_.empty()) {
    buffer_.reserve(std::max(bytes_expected_, kBatchHeaderBytes));
    buffer_.resize(kBatchHeaderBytes);
    base_timestamp_ = max_timestamp_ = record.timestamp;
  }
  max_timestamp_ = std::max(max_timestamp_, record.timestamp);
  const std::int64_t timestamp_delta = record.timestamp - base_timestamp_;
  const std::size_t body = 1 + varint_size(timestamp_delta) + varint_size(count_) +
                           nullable_bytes_size(record.key) + nullable_bytes_size(record.value) +
                           encoded_headers_size(record.headers);
  const std::size_t start = buffer_.size();
  buffer_.resize(start + varint_size(static_cast<std::int32_t>(body)) + body);

  std::byte* to = write_varint(buffer_.data() + start, static_cast<std::int32_t>(body));
  *to++ = std::byte{0};  // Attributes.
  to = write_varint(to, timestamp_delta);
  to = write_varint(to, count_);
  to = write_nullable_bytes(to, record.key);
  to = write_nullable_bytes(to, record.value);
  to = write_varint(to, static_cast<std::int32_t>(record.headers.size()));
  for (const RecordHeader& header : record.headers) {
    to = write_nullable_bytes(to, as_bytes(header.key));
    to = write_nullable_bytes(to, header.value);
  }
  count_++;
  return buffer_.size();
}

Result<SharedBytes> BatchBuilder::finish(Codec codec, const ProducerStamp& producer,
                                         std::optional<int> level) {
  TRY(std::vector<std::byte> batch, finish_bytes(codec, producer, level));
  return SharedBytes(std::move(batch));
}

Result<std::vector<std::byte>> BatchBuilder::finish_bytes(Codec codec,
                                                          const ProducerStamp& producer,
                                                          std::optional<int> level) {
  ENSURE(count_ > 0, "a batch needs a record");
  std::vector<std::byte> batch;
  if (codec == Codec::none) {
    batch = std::move(buffer_);
  } else {
    batch.resize(kBatchHeaderBytes);
    TRY_VOID(compress(codec, ByteSpan(buffer_).subspan(kBatchHeaderBytes), batch, level));
  }
  BatchHeader header = producer_header(producer);
  header.attributes = static_cast<std::int16_t>(codec);
  header.last_offset_delta = count_ - 1;
  header.base_timestamp = base_timestamp_;
  header.max_timestamp = max_timestamp_;
  header.records_count = count_;
  seal_batch(batch, header);
  buffer_.clear();
  count_ = 0;
  return batch;
}

SharedBytes restamp_producer(ByteSpan batch, const ProducerStamp& producer) {
  std::vector<std::byte> copy(batch.begin(), batch.end());
  store_be(copy.data() + batch_at::kProducerId, producer.id.value());
  store_be(copy.data() + batch_at::kProducerEpoch, producer.epoch.value());
  store_be(copy.data() + batch_at::kBaseSequence, producer.base_sequence);
  store_be(copy.data() + batch_at::kCrc, batch_crc(copy));
  return SharedBytes(std::move(copy));
}

SharedBytes build_control_batch(const ControlRecord& record) {
  std::array<std::byte, kControlKeyBytes> key{};
  store_be(key.data(), std::int16_t{0});
  store_be(key.data() + 2, record.type);
  BatchBuilder builder(kBatchHeaderBytes + record.value.size() + 64);
  builder.append({.timestamp = record.timestamp, .key = ByteSpan(key), .value = record.value});
  SharedBytes plain = builder.finish(Codec::none, record.producer).value();

  std::vector<std::byte> batch(plain.span().begin(), plain.span().end());
  const auto attributes = static_cast<std::int16_t>(
      batch_bit::kControl | (record.transactional ? batch_bit::kTransactional : 0));
  store_be(batch.data() + batch_at::kAttributes, attributes);
  store_be(batch.data() + batch_at::kCrc, batch_crc(batch));
  return SharedBytes(std::move(batch));
}

Result<std::int16_t> control_type(std::optional<ByteSpan> key) {
  if (!key || key->size() < kControlKeyBytes)
    return fail(Errc::corrupt_message, "a control record without a type");
  const auto version = load_be<std::int16_t>(key->data());
  if (version < 0) return fail(Errc::corrupt_message, "control record of version {}", version);
  return load_be<std::int16_t>(key->data() + 2);
}

}  // namespace ropewalk
