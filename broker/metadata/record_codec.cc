#include "broker/metadata/record_codec.h"

#include <algorithm>
#include <utility>

#include "broker/metadata/record_messages.h"
#include "common/records/batch_builder.h"
#include "common/records/record_reader.h"
#include "google/protobuf/util/json_util.h"

namespace ropewalk::metadata {
namespace {

constexpr std::size_t kEntryBytesMax = 64 << 20;

// Protobuf prints bytes as padded base64; people see ids as 22 characters of base64url everywhere
// else. Only ids are bytes in these messages.
std::string with_readable_ids(std::string json) {
  constexpr std::string_view kIdEnd = "==\"";
  constexpr std::size_t kIdCharacters = 22;
  for (std::size_t at = json.find(kIdEnd); at != std::string::npos; at = json.find(kIdEnd, at)) {
    const std::size_t start = at >= kIdCharacters ? at - kIdCharacters : 0;
    const bool is_id = start > 0 && json[start - 1] == '"' &&
                       json.substr(start, kIdCharacters).find('"') == std::string::npos;
    if (!is_id) {
      at++;
      continue;
    }
    std::replace(json.begin() + static_cast<std::ptrdiff_t>(start),
                 json.begin() + static_cast<std::ptrdiff_t>(at), '+', '-');
    std::replace(json.begin() + static_cast<std::ptrdiff_t>(start),
                 json.begin() + static_cast<std::ptrdiff_t>(at), '/', '_');
    json.erase(at, 2);
  }
  return json;
}

}  // namespace

std::string encode_records(std::span<const Record> records) {
  internal::MetadataBatch batch;
  for (const Record& record : records) *batch.add_records() = to_message(record);
  return batch.SerializeAsString();
}

Result<std::vector<Record>> decode_records(std::string_view bytes) {
  internal::MetadataBatch batch;
  if (!batch.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return fail(Errc::corrupt, "a metadata entry of {} bytes is no MetadataBatch", bytes.size());
  std::vector<Record> records;
  records.reserve(static_cast<std::size_t>(batch.records_size()));
  for (const auto& message : batch.records()) {
    TRY(auto record, from_message(message));
    records.push_back(std::move(record));
  }
  return records;
}

SharedBytes encode_entry(std::span<const Record> records, std::int64_t timestamp) {
  const std::string value = encode_records(records);
  NewRecord record;
  record.timestamp = timestamp;
  record.value = as_bytes(value);
  BatchBuilder builder(value.size() + kBatchHeaderBytes + 32);
  builder.append(record);
  auto batch = builder.finish(Codec::none);
  ENSURE(batch, "a plain batch needs no codec: {}", batch.error());
  return *std::move(batch);
}

Result<std::optional<std::vector<Record>>> decode_entry(ByteSpan batch) {
  TRY(auto reader, RecordReader::open(batch, kEntryBytesMax));
  if (reader.header().is_control()) return std::nullopt;
  TRY(auto record, reader.next());
  if (!record || !record->value || reader.header().records_count != 1)
    return fail(Errc::corrupt, "metadata entry {} has {} records or no value",
                reader.header().base_offset, reader.header().records_count);
  TRY(auto records, decode_records(as_text(*record->value)));
  return records;
}

std::string describe_record(const Record& record) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = false;
  std::string json;
  const auto status =
      google::protobuf::util::MessageToJsonString(to_message(record), &json, options);
  ENSURE(status.ok(), "a metadata record as JSON: {}", status.ToString());
  return with_readable_ids(std::move(json));
}

}  // namespace ropewalk::metadata
